// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import test from 'ava';
import { type LintRequest, lintDockerfile } from '../../src/lint-dockerfile.ts';

type Expected = readonly (readonly [rule: string, line: number, detail: string])[];

const finds = test.macro({
  async exec(t, text: string, expected: Expected, request: Omit<LintRequest, 'text'> = {}) {
    const { findings, error } = await lintDockerfile({ platform: 'linux/amd64', ...request, text });
    t.is(error, undefined);
    t.deepEqual(
      findings.map(({ rule, source, detail }) => [rule, source.startLine, detail]),
      expected,
    );
  },
  title: (_, text: string, expected: Expected, request?: object) =>
    `finds ${expected.length === 0 ? 'nothing' : [...new Set(expected.map(([rule]) => rule))].join(', ')} in ${JSON.stringify(text)}${request ? ` with ${JSON.stringify(request)}` : ''}`,
});

test(finds, 'FROM a AS Abc', [['StageNameCasing', 1, "Stage name 'Abc' should be lowercase"]]);
test(finds, 'FROM a AS abc', []);

test(finds, 'FROM a as b', [['FromAsCasing', 1, "'as' and 'FROM' keywords' casing do not match"]]);
test(finds, 'FROM a As b', [['FromAsCasing', 1, "'As' and 'FROM' keywords' casing do not match"]]);
test(finds, 'from a AS b', [['FromAsCasing', 1, "'AS' and 'from' keywords' casing do not match"]]);
test(finds, 'from a as b', []);
test(finds, 'From a aS b', [
  ['ConsistentInstructionCasing', 1, "Command 'From' should match the case of the command majority (uppercase)"],
]);

test(finds, 'FROM a\nRUN b \\\n\n  c \\\n\n d', [['NoEmptyContinuation', 6, 'Empty continuation line']]);
test(finds, 'FROM a\nRUN b \\\n # c\n d', []);

const casing = (keyword: string, line: number, which: string): Expected[0] => [
  'ConsistentInstructionCasing',
  line,
  `Command '${keyword}' should match the case of the command majority (${which})`,
];
test(finds, 'FROM a\nrun b\nRUN c', [casing('run', 2, 'uppercase')]);
test(finds, 'from a\nRUN b\nrun c', [casing('RUN', 2, 'lowercase')]);
test(finds, 'FROM a\nrun b', [casing('run', 2, 'uppercase')]);
test(finds, 'from a\nRun b', [casing('Run', 2, 'lowercase')]);
test(finds, 'arg a=b\nFROM c', []);

test(finds, 'FROM a AS x\nFROM b AS X\nFROM c AS y', [
  ['DuplicateStageName', 2, 'Duplicate stage name "x", stage names should be unique'],
  ['StageNameCasing', 2, "Stage name 'X' should be lowercase"],
]);
test(finds, 'FROM a AS scratch\nFROM b AS context\nFROM scratch', [
  ['ReservedStageName', 1, 'Stage name should not use the same name as reserved stage "scratch"'],
  ['ReservedStageName', 2, 'Stage name should not use the same name as reserved stage "context"'],
]);

const json = (keyword: string, line: number): Expected[0] => [
  'JSONArgsRecommended',
  line,
  `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
];
test(finds, 'FROM a\nENTRYPOINT b\nCMD c', [json('ENTRYPOINT', 2), json('CMD', 3)]);
test(finds, 'FROM a\nENTRYPOINT ["b"]\nCMD []\nRUN c\nHEALTHCHECK CMD d', []);
test(finds, 'FROM a AS x\nSHELL ["b"]\nFROM x\nCMD c', []);
test(finds, 'FROM a\nCMD b\nSHELL ["c"]', [json('CMD', 2)]);

test(finds, 'FROM a\nMAINTAINER b', [['MaintainerDeprecated', 2, 'Maintainer instruction is deprecated in favor of using label']]);

const argument = (name: string, line: number, similar?: string): Expected[0] => [
  'UndefinedArgInFrom',
  line,
  `FROM argument '${name}' is not declared${similar === undefined ? '' : ` (did you mean ${similar}?)`}`,
];
test(finds, 'ARG tag=1\nFROM a:$tag', []);
test(finds, 'ARG tag\nFROM a${tag:-x}', []);
test(finds, 'FROM a${tag:-x}', [argument('tag', 1)]);
test(finds, 'ARG VERSION=1\nFROM a:${VERSOIN:-2}', [argument('VERSOIN', 2, 'VERSION')]);
test(finds, 'ARG version=1\nFROM a:${VERSION:-2}', [argument('VERSION', 2)]);
test(finds, 'FROM --platform=$BUILDPLATFORM a', []);
test(finds, 'FROM --platform=${TARGETOZ:-linux}/arm64 a', [argument('TARGETOZ', 1, 'TARGETOS')]);
test(finds, 'FROM a\nARG x\nFROM b${x}', [argument('x', 3)]);

const workdir = (path: string, line: number): Expected[0] => [
  'WorkdirRelativePath',
  line,
  `Relative workdir "${path}" can have unexpected results if the base image changes`,
];
test(finds, 'FROM a\nWORKDIR b/\nWORKDIR c', [workdir('b/', 2)]);
test(finds, 'FROM a\nARG d=x/y\nWORKDIR $d', [workdir('x/y', 3)]);
test(finds, 'FROM a AS x\nWORKDIR /b\nFROM x\nWORKDIR c', []);

const variable = (name: string, line: number, similar?: string): Expected[0] => [
  'UndefinedVar',
  line,
  `Usage of undefined variable '$${name}'${similar === undefined ? '' : ` (did you mean $${similar}?)`}`,
];
test(finds, 'FROM a\nCOPY $b /\nARG b', [variable('b', 2)]);
test(finds, 'FROM a\nARG b\nCOPY $b /', []);
test(finds, 'FROM a AS x\nARG b\nFROM x\nCOPY $b /', []);
test(finds, 'FROM a\nENV PATH=$PAHT:/x', [variable('PAHT', 2, 'PATH')]);
test(finds, 'FROM a\nENV sources=x\nCOPY $SOURCES $source /', [variable('SOURCES', 3), variable('source', 3, 'sources')]);
test(finds, 'FROM a\nRUN $b\nCMD ["$c"]\nEXPOSE $d', []);
test(finds, 'FROM a\nRUN --mount=type=cache,target=/c$b d', [variable('b', 2)]);
test(finds, 'FROM a\nARG b=$c', [variable('c', 2)]);
test(finds, 'FROM a\nCOPY <<E /b\n$c\nE\nCOPY <<"E" /b\n$d\nE', [variable('c', 2)]);
test(finds, 'FROM a\nLABEL x=${b:-c}', [variable('b', 2)]);

const multiple = (keyword: string, line: number): Expected[0] => [
  'MultipleInstructionsDisallowed',
  line,
  `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
];
test(finds, 'FROM a\nCMD ["b"]\nCMD ["c"]\nHEALTHCHECK NONE\nENTRYPOINT ["d"]\nCMD ["e"]\nHEALTHCHECK CMD f', [
  multiple('CMD', 2),
  multiple('CMD', 3),
  multiple('HEALTHCHECK', 4),
]);
test(finds, 'FROM a AS x\nCMD ["b"]\nFROM x\nCMD ["c"]', []);

test(finds, 'FROM a\nENV b c\nLABEL d e\nENV f=g\nENV h ""', [
  ['LegacyKeyValueFormat', 2, '"ENV key=value" should be used instead of legacy "ENV key value" format'],
  ['LegacyKeyValueFormat', 3, '"LABEL key=value" should be used instead of legacy "LABEL key value" format'],
  ['LegacyKeyValueFormat', 5, '"ENV key=value" should be used instead of legacy "ENV key value" format'],
]);

test(finds, 'FROM --platform=$TARGETPLATFORM a', [
  ['RedundantTargetPlatform', 1, 'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior'],
]);
test(finds, 'FROM --platform="${TARGETPLATFORM}" a', [
  ['RedundantTargetPlatform', 1, 'Setting platform to predefined ${TARGETPLATFORM} in FROM is redundant as this is the default behavior'],
]);
test(finds, 'FROM --platform=$TARGETOS/$TARGETARCH a', []);

const secret = (kind: string, name: string, line: number): Expected[0] => [
  'SecretsUsedInArgOrEnv',
  line,
  `Do not use ARG or ENV instructions for sensitive data (${kind} "${name}")`,
];
test(finds, 'ARG TOKEN\nFROM a\nARG MY_TOKEN x=1 api_KEY\nENV passwd=1 a="2" GITHUB_AUTH=3', [
  secret('ARG', 'MY_TOKEN', 3),
  secret('ARG', 'api_KEY', 3),
  secret('ENV', 'GITHUB_AUTH', 4),
  secret('ENV', 'passwd', 4),
]);
test(finds, 'FROM a\nENV TOKENS=1 KEYBOARD=2 PUBLIC_KEY=3 PASSWORD_FILE=4 TOKEN_VERSION=5', []);

const badDefault = (image: string, line: number): Expected[0] => [
  'InvalidDefaultArgInFrom',
  line,
  `Default value for ARG ${image} results in empty or invalid base image name`,
];
test(finds, 'ARG tag\nFROM a:$tag', [badDefault('a:$tag', 2)], { args: { tag: '1' } });
test(finds, 'ARG image\nFROM ${image}', [badDefault('${image}', 2)], { args: { image: 'a' } });
test(finds, 'ARG suffix\nFROM a:1$suffix', [], { args: { suffix: '-x' } });

const fixed = (platform: string, line: number): Expected[0] => [
  'FromPlatformFlagConstDisallowed',
  line,
  `FROM --platform flag should not use constant value "${platform}"`,
];
test(finds, 'FROM --platform=linux/arm64 a', [fixed('linux/arm64', 1)]);
test(finds, 'FROM --platform=linux/arm64 a AS for-arm64\nFROM --platform=linux/arm64 a AS Linux', [
  ['StageNameCasing', 2, "Stage name 'Linux' should be lowercase"],
]);

const ignored = (doing: string, path: string, line: number): Expected[0] => [
  'CopyIgnoredFile',
  line,
  `Attempting to ${doing} file "${path}" that is excluded by .dockerignore`,
];
test(
  finds,
  'FROM a\nCOPY b ./c/ d/e /\nADD b https://x/b /',
  [ignored('Copy', 'b', 2), ignored('Copy', 'd/e', 2), ignored('Add', 'b', 3)],
  {
    ignore: '# x\nb\nd\n',
  },
);
test(finds, 'FROM a AS x\nFROM b\nCOPY --from=x b /', [], { ignore: 'b' });
test(finds, 'FROM a\nCOPY ./ /\nCOPY / /', [ignored('Copy', '.', 2), ignored('Copy', '/', 3)], { ignore: '**' });
test(finds, 'FROM a\nCOPY ./ /\nCOPY / /', [], { ignore: '.*' });
/** An exception that can be about what is copied, or something below it, is for whoever sees the files to judge. */
const exceptions: readonly (readonly [ignore: string, source: string, isFound: boolean])[] = [
  ['d\n!d/b', 'd/a', true],
  ['d\n!e', 'd/a', true],
  ['d\n!e/*', 'd/a', true],
  ['!d/a\nd', 'd/b', true],
  ['!d/a\nd', 'd', true],
  ['!a\n*', '.', true],
  ['!d/a\nd\n!d/a', 'd', false],
  ['d\n!da', 'd', true],
  ['d\n!d/a', 'd/a', false],
  ['d\n!d/a', 'd', false],
  ['d\n!d/a/b', 'd', false],
  ['d\n!d/*', 'd', false],
  ['d\n!*/a', 'd', false],
  ['d\n!d/a', 'd/*', false],
  ['d\n!d/a', '*/a', false],
  ['d\n!e/a', 'd/*', true],
  ['d.e\n!d\\.e/a', 'd.e', false],
  ['**\n!d', 'd/a', false],
  ['**\n!a', '.', false],
  ['**\n!a', './a', false],
];
for (const [ignore, source, isFound] of exceptions)
  test(finds, `FROM a\nCOPY ${source} /`, isFound ? [ignored('Copy', source, 2)] : [], { ignore });
test(finds, 'FROM a\nCOPY <<b /\nE\nb', [], { ignore: '*' });

test(finds, 'FROM a\nEXPOSE 80/TCP 81/udp 90-91/Sctp', [
  ['ExposeProtoCasing', 2, "Defined protocol '80/TCP' in EXPOSE instruction should be lowercase"],
  ['ExposeProtoCasing', 2, "Defined protocol '90-91/Sctp' in EXPOSE instruction should be lowercase"],
]);
test(finds, 'FROM a\nARG p="1:2 3"\nEXPOSE 127.0.0.1:80:80 $p [::1]:5:6 7', [
  ['ExposeInvalidFormat', 3, "EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80'"],
  ['ExposeInvalidFormat', 3, "EXPOSE instruction should not define an IP address or host-port mapping, found '1:2'"],
  ['ExposeInvalidFormat', 3, "EXPOSE instruction should not define an IP address or host-port mapping, found '[::1]:5:6'"],
]);

const describes = (what: string, name: string, line: number): Expected[0] => [
  'InvalidDefinitionDescription',
  line,
  `Comment for ${what} should follow the format: \`# ${name} <description>\``,
];
test(finds, '# check=experimental=all\n# a is a\nARG a=1\n# base is b\nFROM x AS Base\n# no\n#\nARG b\n# no\n\nRUN c', [
  ['StageNameCasing', 5, "Stage name 'Base' should be lowercase"],
]);
test(finds, '# check=experimental=InvalidDefinitionDescription\n# b\nARG a=1\n# x\nFROM x AS base\n# y\nARG b c\n# z\nCOPY a b', [
  describes('ARG', 'a', 3),
  describes('FROM', 'base', 5),
  describes('ARG', '<arg_key>', 7),
]);
test(finds, '# x\n\n# y\nARG a\nFROM x', []);
