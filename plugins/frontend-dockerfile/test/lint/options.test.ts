import { VarveError } from '@varve/core';
import test from 'ava';
import { lintDockerfile } from '../../src/lint-dockerfile.ts';
import { lower } from '../lower/lower.ts';

const rulesOf = async (text: string, args: Record<string, string> = {}): Promise<readonly string[]> =>
  (await lintDockerfile({ text, args })).findings.map(({ rule, source }) => `${rule}:${source.startLine}`);

/** Two findings of two rules, below whatever is in front of them. */
const BODY = 'FROM a as b\nCMD c';

const hears = test.macro({
  async exec(t, text: string, expected: readonly string[], args?: Record<string, string>) {
    t.deepEqual(await rulesOf(text, args), expected);
  },
  title: (_, text: string, __: readonly string[], args?: object) =>
    `hears what it should of ${JSON.stringify(text)}${args ? ` with ${JSON.stringify(args)}` : ''}`,
});
test(hears, BODY, ['FromAsCasing:1', 'JSONArgsRecommended:2']);
test(hears, `# check=skip=FromAsCasing\n${BODY}`, ['JSONArgsRecommended:3']);
test(hears, `# check=skip=FromAsCasing,JSONArgsRecommended;error=true\n${BODY}`, []);
test(hears, `# check=error=true;skip=FromAsCasing,JSONArgsRecommended\n${BODY}`, []);
test(hears, `# check=skip=all\n${BODY}`, []);
test(hears, `# check=skip=Nothing\n${BODY}`, ['FromAsCasing:2', 'JSONArgsRecommended:3']);
test(hears, `# check=skip=all\n${BODY}`, ['JSONArgsRecommended:3'], { BUILDKIT_DOCKERFILE_CHECK: 'skip=FromAsCasing' });
test(hears, `# syntax=docker/dockerfile:1\n# check=skip=FromAsCasing\n${BODY}`, ['JSONArgsRecommended:4']);
test(hears, '# x\n\n# check=skip=FromAsCasing\nFROM a as b\nCMD c', ['JSONArgsRecommended:5']);
test(hears, 'FROM a as b\n# check=skip=JSONArgsRecommended\nCMD c\nONBUILD CMD d\nENTRYPOINT e', [
  'FromAsCasing:1',
  'JSONArgsRecommended:5',
]);
test(hears, 'FROM a\n# why\n# check=skip=all\nCMD c', []);
test(hears, 'FROM a\n# check=skip=all\n\nCMD c', []);
test(hears, 'FROM a\n# check=skip=all\n#\nCMD c', ['JSONArgsRecommended:4']);
test(hears, 'FROM a\n# check=nonsense\nCMD c', ['JSONArgsRecommended:3']);
test(hears, 'FROM x\n# check=experimental=InvalidDefinitionDescription\nARG b', ['InvalidDefinitionDescription:3']);

const refuses = test.macro({
  async exec(t, options: string, message: string) {
    const { error } = await lintDockerfile({ text: `# check=${options}\nFROM a` });
    t.is(error?.message, `failed to parse check options: ${message}`);
    t.is(error?.source?.startLine, 1);
  },
  title: (_, options: string) => `refuses check=${options}`,
});
test(refuses, 'x=y', 'invalid check option "x"');
test(refuses, 'skip', 'invalid check option "skip"');
test(refuses, 'error=maybe', 'failed to parse check option "error=maybe"');
test(refuses, 'skip = a', 'invalid check option "skip"');

test('warnings come before an error, as far as the file was read', async (t) => {
  const { findings, error } = await lintDockerfile({ text: 'FROM a AS B\nMAINTAINER c\nRUN d \\\n\n e\nFFOM f\nFROM g AS H' });
  t.deepEqual(
    findings.map(({ rule }) => rule),
    ['StageNameCasing', 'MaintainerDeprecated', 'NoEmptyContinuation'],
  );
  t.is(error?.message, 'dockerfile parse error on line 6: unknown instruction: FFOM (did you mean FROM?)');
});

test('without a target all stages are looked at, with one those that it needs', async (t) => {
  const text = 'FROM a AS x\nCOPY $b /\nFROM a AS y\nCOPY $c /\nFROM x';
  const lines = async (target?: string) => (await lintDockerfile({ text, target })).findings.map(({ source }) => source.startLine);
  t.deepEqual(await lines(), [2, 4]);
  t.deepEqual(await lines('2'), [2]);
  t.deepEqual(await lines('y'), [4]);
  t.is((await lintDockerfile({ text, target: 'z' })).error?.code, 'FRONTEND_TARGET');
});

test('a build tells what the rules find, with their names and places', async (t) => {
  const { warnings } = await lower('FROM base as b\nCOPY $PAHT /\nFROM base\nCOPY $x /', { target: 'b' });
  t.deepEqual(
    warnings.map(({ code, message, source }) => [code, message, source?.startLine]),
    [
      ['FromAsCasing', "'as' and 'FROM' keywords' casing do not match", 1],
      ['UndefinedVar', "Usage of undefined variable '$PAHT' (did you mean $PATH?)", 2],
    ],
  );
});

test('rules of a build know the base image', async (t) => {
  const images = { base: { Env: ['GREETING=x'], Shell: ['sh'] } };
  const { warnings } = await lower('FROM base\nCOPY $GREETNIG $GREETING\nCMD x', { images });
  t.deepEqual(
    warnings.map(({ message }) => message),
    ["Usage of undefined variable '$GREETNIG' (did you mean $GREETING?)"],
  );
});

test('an ignore file of the context is known to the rules of a build', async (t) => {
  const { warnings } = await lower('FROM base\nCOPY a /', { files: { '.dockerignore': 'a' } });
  t.like(warnings, [{ code: 'CopyIgnoredFile' }]);
});

test('error=true fails a build that a rule finds something in', async (t) => {
  const text = '# check=error=true\nFROM base AS A\nCMD b\nCMD c';
  const error = await t.throwsAsync(lower(text), { instanceOf: VarveError });
  t.like(error, {
    code: 'FRONTEND_LINT',
    message: 'lint violation found for rules: JSONArgsRecommended, MultipleInstructionsDisallowed, StageNameCasing',
    source: { startLine: 2 },
  });
  await t.notThrowsAsync(lower('# check=error=true\nFROM base\nCMD ["b"]'));
  await t.notThrowsAsync(lower(text, { args: { BUILDKIT_DOCKERFILE_CHECK: 'skip=all;error=true' } }));
});

test('a base image of another platform is told of', async (t) => {
  const arm = { os: 'linux', architecture: 'arm64' } as const;
  const warningsOf = async (layers: boolean) =>
    (await lower('FROM base', { platform: arm, history: layers ? [{ created_by: 'x' }] : [] })).warnings.map(({ message }) => message);
  t.deepEqual(await warningsOf(true), ['Base image base was pulled with platform "linux/amd64", expected "linux/arm64" for current build']);
  t.deepEqual(await warningsOf(false), []);
});
