import { join } from 'node:path';
import test from 'ava';
import { BuildBench } from './build-bench.ts';

const DOCKERFILE = `# syntax=docker/dockerfile:1
# VERSION is what is built
ARG VERSION=1.0
# UNUSED is not asked for
ARG UNUSED
# base has the tools
FROM scratch AS base
FROM base AS test
RUN ["/test"]
# release is what users get
FROM base AS release
ARG VERSION
# KEY signs it
ARG KEY
RUN --mount=type=secret,id=token,required --mount=type=secret,id=maybe --mount=type=ssh --mount=type=cache,target=/c ["/x"]
`;

const answers = test.macro<[readonly string[], string, string?]>({
  async exec(t, argv, expected, dockerfile = DOCKERFILE) {
    using bench = new BuildBench();
    const { code, stdout, stderr } = await bench.varve(['build', ...argv, bench.write('context', { Dockerfile: dockerfile })]);
    t.is(code, 0, stderr);
    t.is(stderr, '');
    t.is(stdout, expected);
  },
  title: (_, argv, expected) => `${argv.join(' ')} prints ${JSON.stringify(expected.split('\n')[0])}`,
});
test(
  answers,
  ['--call=targets'],
  `TARGET              DESCRIPTION
base                has the tools
test
release (default)   is what users get
`,
);
test(
  answers,
  ['--call', 'outline'],
  `TARGET:        release
DESCRIPTION:   is what users get

BUILD ARG   VALUE   DESCRIPTION
VERSION     1.0     is what is built
KEY                 signs it

SECRET   REQUIRED
token    true
maybe

SSH       REQUIRED
default

`,
);
test(answers, ['--call=outline', '--target=test'], 'TARGET:   test\n\n');
test(
  answers,
  ['--call=outline', '--build-arg', 'VERSION=2', '-q'],
  'BUILD ARG   VALUE   DESCRIPTION\nVERSION     2\n\n',
  'FROM scratch\nARG VERSION=1\n',
);
test(answers, ['--check'], 'Check complete, no warnings found.\n', 'FROM scratch\n');
test(answers, ['--call=check'], 'Check complete, no warnings found.\n', 'FROM scratch\n');

const BAD = 'from scratch AS One\nCOPY ignored /\nCMD echo $HOME\n';
test('--check prints what it finds, with the place, and fails', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', { Dockerfile: BAD, '.dockerignore': 'ignored\n' });
  const { code, stdout, stderr } = await bench.varve(['build', '--check', context]);
  t.is(code, 1, stderr);
  t.is(stderr, '');
  t.regex(stdout, /^Check complete, 5 warnings have been found!\n\n/);
  t.regex(
    stdout,
    /^StageNameCasing: Stage name 'One' should be lowercase \(line 1\)\nhttps:.*\nDockerfile:1\n-+\n {3}1 \| >>> from scratch AS One\n/m,
  );
  for (const rule of ['FromAsCasing', 'ConsistentInstructionCasing', 'CopyIgnoredFile', 'JSONArgsRecommended'])
    t.regex(stdout, new RegExp(`^${rule}: .* \\(line [1-3]\\)$`, 'm'));
  t.is((await bench.varve(['build', '--call=check,ignorestatus=true', context])).code, 0);
  t.is((await bench.varve(['images', '-aq'])).stdout, '');
});
test('a check looks at the build file of every kind of context', async (t) => {
  using bench = new BuildBench();
  const { code, stdout } = await bench.varve(['build', '--check', '-'], BAD);
  t.is(code, 1);
  t.regex(stdout, /<stdin>:1\n-+\n/);
});
test('a check of what cannot be built says why', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', { Dockerfile: 'FROM scratch\nCOPPY a b\n' });
  const { code, stderr } = await bench.varve(['build', '--check', context]);
  t.is(code, 1);
  t.regex(stderr, /Dockerfile:2\n[\s\S]*unknown instruction: COPPY/);
});
test('what a file calls an error is one, also when it is checked', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', { Dockerfile: '# check=error=true\nFROM scratch\nCMD echo $HOME\n' });
  t.is((await bench.varve(['build', '--check', context])).code, 1);
  const { code, stderr } = await bench.varve(['build', '-q', context]);
  t.is(code, 1);
  t.regex(stderr, /FRONTEND_LINT/);
});

test('format=json has the names of BuildKit', async (t) => {
  using bench = new BuildBench();
  const asked = async (method: string, dockerfile: string) => {
    const { stdout } = await bench.varve(['build', `--call=${method},format=json`, bench.write('context', { Dockerfile: dockerfile })]);
    return JSON.parse(stdout);
  };
  const check = await asked('check', 'FROM scratch AS One\n');
  t.like(check.warnings[0], { ruleName: 'StageNameCasing', detail: "Stage name 'One' should be lowercase" });
  t.deepEqual(check.warnings[0].location, { sourceIndex: 0, ranges: [{ start: { line: 1 }, end: { line: 1 } }] });
  t.is(Buffer.from(check.sources[0].data, 'base64').toString(), 'FROM scratch AS One\n');
  const outline = await asked('outline', DOCKERFILE);
  t.like(outline, { name: 'release', description: 'is what users get', ssh: [{ name: 'default' }] });
  t.like(outline.secrets, [{ name: 'token', required: true }, { name: 'maybe' }]);
  t.truthy(outline.secrets[0]?.location);
  t.like(outline.args[0], { name: 'VERSION', value: '1.0', description: 'is what is built' });
  const targets = await asked('targets', DOCKERFILE);
  t.deepEqual(
    targets.targets.map(({ name, default: isDefault, base }: Record<string, unknown>) => [name, isDefault, base]),
    [
      ['base', undefined, 'scratch'],
      ['test', undefined, 'base'],
      ['release', true, 'base'],
    ],
  );
});

const refuses = test.macro<[readonly string[], RegExp]>({
  async exec(t, argv, says) {
    using bench = new BuildBench();
    const { code, stderr } = await bench.varve(['build', ...argv, bench.write('context', { Dockerfile: DOCKERFILE })]);
    t.is(code, 2, stderr);
    t.regex(stderr, says);
  },
  title: (_, argv) => `${argv.join(' ')} is misuse`,
});
test(refuses, ['--call=outlines'], /--call expects build, check, lint, outline, targets, found "outlines" \(did you mean outline\?\)/);
test(refuses, ['--call=check,format=xml'], /--call has no setting format=xml/);
test(refuses, ['--check', '--call=targets'], /two different questions/);

test('without the frontend the other commands work, and --check says who is missing', async (t) => {
  using bench = new BuildBench();
  const config = join(bench.write('config', { 'varve.config.json': '{"without":["@varve/frontend-dockerfile"]}' }), 'varve.config.json');
  t.is((await bench.varve(['--config', config, 'images'])).code, 0);
  const { code, stderr } = await bench.varve(['--config', config, 'build', '--check', bench.write('context', { Dockerfile: DOCKERFILE })]);
  t.is(code, 1);
  t.regex(stderr, /No loaded plugin answers --call=check\nHint: .*frontend-dockerfile[\s\S]*CALL_UNSUPPORTED/);
});
