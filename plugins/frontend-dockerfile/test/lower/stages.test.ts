// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { lower, lowerTarget, type Options } from './lower.ts';

test('FROM scratch starts with a PATH and the root as working directory', async (t) => {
  const { base, initial } = await lowerTarget('FROM scratch');
  t.deepEqual(base, { kind: 'scratch' });
  t.deepEqual(initial, { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], WorkingDir: '/' });
});

test('an image for Windows starts without a PATH and has its own shell', async (t) => {
  const { initial, steps } = await lowerTarget('FROM scratch\nENTRYPOINT a b', { platform: { os: 'windows', architecture: 'amd64' } });
  t.deepEqual(initial, { WorkingDir: '/' });
  t.like(steps[0], { patch: { Entrypoint: ['cmd', '/S', '/C', 'a b'] } });
});

const plans = test.macro({
  async exec(t, text: string, stages: readonly string[], options?: Options) {
    const { plan, resolved } = await lower(text, { images: { a: {}, b: {} }, ...options });
    t.deepEqual(
      plan.stages.map(({ name, base }) => `${name}<${'ref' in base ? base.ref : 'name' in base ? `:${base.name}` : ''}`),
      stages,
    );
    t.deepEqual([...new Set(resolved)].sort(), [...new Set(plan.stages.flatMap(({ base }) => ('ref' in base ? base.ref : [])))].sort());
  },
  title: (title) => title ?? '',
});
test('a lone stage is the target', plans, 'FROM a', ['stage-0<a']);
test('stages that nobody needs are neither planned nor resolved', plans, 'FROM missing AS x\nFROM a', ['stage-1<a']);
test('--target names a stage, whatever the case', plans, 'FROM a AS One\nFROM b AS two', ['one<a'], { target: 'oNE' });
test('--target may be a number', plans, 'FROM a\nFROM b', ['stage-0<a'], { target: '0' });
test('FROM a stage needs it', plans, 'FROM a AS x\nFROM X AS y', ['x<a', 'y<:x']);
test('COPY --from needs a stage by name', plans, 'FROM a AS x\nFROM b\nCOPY --from=X /f /f', ['x<a', 'stage-1<b']);
test('COPY --from needs a stage by number', plans, 'FROM a\nFROM b\nCOPY --from=0 /f /f', ['stage-0<a', 'stage-1<b']);
test('needs of needs are planned', plans, 'FROM a AS x\nFROM b AS y\nCOPY --from=x /f /f\nFROM b\nCOPY --from=y /f /f', [
  'x<a',
  'y<b',
  'stage-2<b',
]);
test('the last of two stages with one name is found', plans, 'FROM a AS x\nFROM b AS x\nFROM x', ['x<b', 'stage-2<:x']);
test('a stage may have the name of its own image', plans, 'FROM a AS a\nFROM a', ['a<a', 'stage-1<:a']);
test('global arguments fill in FROM', plans, 'ARG I=a\nARG J=${I%x}\nFROM ${J:-b}', ['stage-0<a']);
test('--build-arg fills in FROM', plans, 'ARG I=a\nFROM $I', ['stage-0<b'], { args: { I: 'b' } });
test('stage names may come from arguments', plans, 'ARG I=x\nFROM a AS x\nFROM $I', ['x<a', 'stage-1<:x']);
test('a stage may be called scratch, and is found by that name', plans, 'FROM a AS scratch\nFROM scratch', [
  'scratch<a',
  'stage-1<:scratch',
]);

test('a stage that reads from other stages says so by name, for whoever resolves names', async (t) => {
  const text = 'FROM base AS x\nFROM base\nFROM x\nCOPY --from=1 / /\nRUN --mount=from=X,target=/x --mount=type=cache,target=/c,from=x y';
  const { plan } = await lower(text);
  const [x, one] = [
    { kind: 'name', name: 'x' },
    { kind: 'name', name: 'stage-1' },
  ] as const;
  const target = plan.stages.at(-1);
  t.deepEqual(target?.base, x);
  t.like(target?.steps[0], { from: one, inputs: [one] });
  t.like(target?.steps[1], { mounts: [{ from: x }, { from: x }], inputs: [x, x] });
});

test('--from=scratch means a stage without files', async (t) => {
  const { plan, resolved } = await lower('FROM base\nCOPY --from=scratch /a /b');
  t.deepEqual(plan.stages[0], { name: 'scratch', base: { kind: 'scratch' }, steps: [] });
  t.like(plan.stages[1]?.steps[0], { from: { kind: 'name', name: 'scratch' } });
  t.deepEqual(resolved, ['base']);
});

test('a stage that starts from a directory has its files as the first layer', async (t) => {
  const { base, initial, steps } = await lowerTarget('FROM files\nRUN x', { contexts: { files: '/dir' } });
  t.deepEqual(base, { kind: 'scratch' });
  t.like(initial, { WorkingDir: '/' });
  const context = { kind: 'context', name: 'files' };
  t.like(steps[0], { kind: 'copy', from: context, inputs: [context], sources: [{ kind: 'path', path: '/' }], dest: '/' });
  t.like(steps[1], { kind: 'run' });
});

test('a named context stands before a stage and an image', async (t) => {
  const { plan, resolved } = await lower('FROM base AS a\nFROM a\nCOPY --from=b / /', {
    contexts: { a: 'docker-image://z', b: '/b' },
    images: { a: {} },
  });
  t.like(plan.stages, [{ name: 'stage-1', base: { kind: 'image', ref: 'a' } }]);
  t.deepEqual(resolved, ['a']);
  t.like(plan.stages[0]?.steps.at(-1), { from: { kind: 'context', name: 'b' } });
});

test('a named context may be nothing', async (t) => {
  const { plan, resolved } = await lower('FROM base\nCOPY a /', { contexts: { base: 'docker-image://scratch' } });
  t.like(plan.stages, [{ base: { kind: 'scratch' }, initial: { WorkingDir: '/' } }]);
  t.deepEqual(resolved, []);
});

test('a stage inherits environment, directory, user and shell of the stage below', async (t) => {
  const text = 'FROM base AS x\nENV a=1\nWORKDIR /w\nUSER u\nSHELL ["z"]\nCMD c\nFROM x\nWORKDIR $a\nENTRYPOINT e';
  const [, mkdir, entrypoint] = (await lowerTarget(text)).steps;
  t.like(mkdir, { path: '/w/1', owner: 'u' });
  t.like(entrypoint, { patch: { Entrypoint: ['z', 'e'], Cmd: null } });
});

test('a stage does not change the one that it starts from', async (t) => {
  const { plan } = await lower('FROM base AS x\nFROM x AS y\nENV a=1\nFROM x AS z\nLABEL a=$a\nCOPY --from=y / /');
  t.like(plan.stages.find(({ name }) => name === 'z')?.steps[0], { patch: { Labels: { a: '' } } });
});

test('--platform is expanded and read', async (t) => {
  const { platform } = await lowerTarget('FROM --platform=$BUILDPLATFORM base', { platform: { os: 'linux', architecture: 'arm64' } });
  t.deepEqual(platform, { os: 'linux', architecture: 'amd64' });
});

test("a base image's triggers run right after FROM and are cleared", async (t) => {
  const images = { base: { Env: ['PATH=/'], OnBuild: ['RUN first', 'COPY --from=x /a /b'] } };
  const { plan } = await lower('FROM scratch AS x\nFROM base\nRUN last', { images });
  const steps = plan.stages.find(({ name }) => name === plan.target)?.steps ?? [];
  t.deepEqual(
    plan.stages.map(({ name }) => name),
    ['x', 'stage-1'],
  );
  t.like(steps[0], { kind: 'config', patch: { OnBuild: null } });
  t.deepEqual(
    steps.slice(1).map(({ title, source }) => [title, source?.startLine]),
    [
      ['RUN first', 2],
      ['COPY --from=x /a /b', 2],
      ['RUN last', 3],
    ],
  );
});

test("a stage's own triggers run in the stage that starts from it", async (t) => {
  const steps = (await lowerTarget('FROM base AS x\nONBUILD ENV a=1\nFROM x\nLABEL a=$a')).steps;
  t.deepEqual(
    steps.map((step) => (step.kind === 'config' ? step.patch : undefined)),
    [{ OnBuild: null }, { Env: ['a=1'] }, { Labels: { a: '1' } }],
  );
});

test('who copies from a stage that is not there reads which there are', async (t) => {
  const hintOf = async (text: string) => (await t.throwsAsync(lower(text), { instanceOf: VarveError }))?.hint;
  t.is(await hintOf('FROM base\nCOPY --from=7 a b'), 'There is no stage above this one');
  t.is(await hintOf('FROM base\nFROM base\nCOPY --from=7 a b'), 'Stages above have the numbers 0 to 0');
});

const refuses = test.macro({
  async exec(t, text: string, message: string, line: number | undefined, options?: Options) {
    const error = await t.throwsAsync(lower(text, options), { instanceOf: VarveError });
    t.is(error?.message, message);
    t.is(error?.source?.startLine, line);
    t.true(error?.code === 'IMAGE_UNKNOWN' || error?.code.startsWith('FRONTEND_'));
  },
  title: (_, text) => `refuses ${JSON.stringify(text)}`,
});
test(refuses, 'FROM base AS build', 'target stage "bulid" could not be found (did you mean build?)', undefined, { target: 'bulid' });
test(refuses, 'ARG X\nFROM ${X}', 'base name (${X}) should not be blank', 2);
test(
  refuses,
  'FROM --platform=wat base',
  'failed to parse platform wat: "wat": unknown operating system or architecture: invalid argument',
  1,
);
test(refuses, 'FROM --platform=$X base', 'empty platform value from expression $X', 1);
test(
  refuses,
  'FROM a//b',
  'failed to parse stage name "a//b": invalid reference format: expected a name like [host[:port]/]path[:tag][@digest]',
  1,
);
test(refuses, 'FROM Foo', 'failed to parse stage name "Foo": invalid reference format: repository name must be lowercase', 1);
test(refuses, 'FROM base\nFROM missing', 'no image missing', 2);
test(refuses, 'FROM base\nCOPY --from=0 a b', 'invalid from flag value 0: refers to current build block', 2);
test(refuses, 'FROM base\nCOPY --from=1 a b\nFROM base', 'invalid from flag value 1: that stage comes later', 2, { target: '0' });
test(refuses, 'FROM base\nCOPY --from=7 a b', 'invalid from flag value 7: invalid stage index 7', 2);
test(refuses, 'FROM base AS x\nCOPY --from=x a b', 'circular dependency detected on stage: x', 2);
test(
  refuses,
  'FROM base AS x\nCOPY --from=y a b\nFROM base AS y\nCOPY --from=x a b',
  'cannot copy from stage "y", it needs to be defined before current stage "x"',
  2,
);
test(refuses, 'FROM web', 'a stage can start from a directory or an image, not from https://x/y.tar', 1, {
  contexts: { web: 'https://x/y.tar' },
});
test(refuses, 'FROM base', 'onbuild trigger should be a single expression', 1, { images: { base: { OnBuild: ['RUN a\nRUN b'] } } });

test('an unknown base that looks like a stage says so', async (t) => {
  const error = await t.throwsAsync(lower('FROM base AS build\nFROM biuld'), { instanceOf: VarveError });
  t.is(error?.hint, 'No stage above has this name (did you mean build?)');
});

const hides = test.macro({
  async exec(t, options: Options, expected: readonly string[]) {
    t.deepEqual((await lower('FROM base', options)).plan.ignore, expected);
  },
  title: (title) => title ?? '',
});
test('.dockerignore hides files', hides, { files: { '.dockerignore': '# x\n/a/\n!b' } }, ['a', '!b']);
test('the ignore file beside the Dockerfile replaces it', hides, { files: { '.dockerignore': 'a' }, beside: { '.dockerignore': 'b' } }, [
  'b',
]);
test('.containerignore is read where there is no other', hides, { files: { '.containerignore': 'c' } }, ['c']);
test('without an ignore file nothing is hidden', hides, {}, []);

test('warnings of the parser reach the user', async (t) => {
  const { warnings } = await lower('FROM base\nRUN a \\\n\n b');
  t.like(warnings, [{ code: 'NoEmptyContinuation', source: { startLine: 4 } }]);
});

test('a frontend image that would not be loaded is named in a warning', async (t) => {
  const codes = async (ref: string) => (await lower(`# syntax=${ref}\nFROM base`)).warnings.map(({ code }) => code);
  t.deepEqual(await codes('docker/dockerfile:1.7-labs'), []);
  t.deepEqual(await codes('example/frontend'), ['SyntaxIgnored']);
  const told = async (text: string, args = {}) => (await lower(text, { args })).warnings.map(({ message }) => message);
  const [shebang] = await told('#!/usr/bin/env x\n# syntax=a/b c\nFROM base');
  t.is(shebang, 'The frontend image a/b is not loaded: the file is read as docker/dockerfile:1');
  t.is((await told('# syntax=docker/dockerfile:1\nFROM base', { BUILDKIT_SYNTAX: 'c/d' })).length, 1);
  t.is((await told('# syntax=a/b\nFROM base', { BUILDKIT_SYNTAX: 'docker/dockerfile:1' })).length, 0);
});
