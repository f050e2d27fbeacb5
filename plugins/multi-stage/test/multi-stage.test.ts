import type { BuildInfo, CopyStep, Plan, RunStep, SourceRange, Stage, TreeRef } from '@varve/core';
import { VarveError } from '@varve/core';
import test from 'ava';
import { multiStage } from '../src/index.ts';

const name = (text: string): TreeRef => ({ kind: 'name', name: text });
const source = (line: number): SourceRange => ({ file: 'Dockerfile', startLine: line, endLine: line });

const copy = (from: TreeRef, line = 1): CopyStep => ({
  kind: 'copy',
  title: 'COPY',
  from,
  inputs: [from],
  sources: [{ kind: 'path', path: 'a' }],
  dest: '/',
  source: source(line),
});
const run = (from: TreeRef): RunStep => ({
  kind: 'run',
  title: 'RUN',
  args: ['x'],
  env: [],
  network: 'none',
  inputs: [from],
  mounts: [{ type: 'bind', from, source: '', target: '/m', writable: false }],
});
const stage = (stageName: string, base: string, steps: Stage['steps'] = []): Stage => ({
  name: stageName,
  base: base === 'scratch' ? { kind: 'scratch' } : { kind: 'name', name: base },
  steps,
  source: source(10),
});
const plan = (target: string, ...stages: Stage[]): Plan => ({ target, stages });

/** What the plugin makes of a plan: the same way the kernel asks it. */
async function resolve(input: Plan, contexts: Record<string, string> = {}): Promise<Plan> {
  let tap: ((plan: Plan, build: BuildInfo) => Promise<Plan>) | undefined;
  const hooks = { plan: { tap: (fn: typeof tap) => (tap = fn) } };
  multiStage.apply({ hooks } as unknown as Parameters<typeof multiStage.apply>[0]);
  const build = { request: { contexts } } as unknown as BuildInfo;
  if (tap === undefined) throw new Error('no tap');
  return await tap(input, build);
}
const namesOf = ({ stages }: Plan) => stages.map((one) => one.name);
const lastStep = ({ stages }: Plan) => stages.at(-1)?.steps.at(-1);

const meaning = test.macro({
  async exec(t, from: string, expected: TreeRef, contexts: Record<string, string> = {}) {
    const result = await resolve(
      plan('out', stage('build', 'debian'), stage('1', 'debian'), stage('out', 'scratch', [copy(name(from))])),
      contexts,
    );
    const step = lastStep(result) as CopyStep;
    t.deepEqual(step.from, expected);
    t.deepEqual(step.inputs, [expected]);
  },
  title: (_, from, expected, contexts) => `--from=${from} means ${JSON.stringify(expected)}${contexts ? ' with that named context' : ''}`,
});
test(meaning, 'build', { kind: 'stage', name: 'build' });
test(meaning, 'BUILD', { kind: 'stage', name: 'build' });
test(meaning, '0', { kind: 'stage', name: 'build' });
test(meaning, '1', { kind: 'stage', name: '1' });
test(meaning, 'busybox:1', { kind: 'image', ref: 'busybox:1' });
test(meaning, 'constructor', { kind: 'image', ref: 'constructor' });
test(meaning, 'build', { kind: 'stage', name: 'build' }, { build: '/elsewhere' });
test(meaning, 'assets', { kind: 'context', name: 'assets' }, { assets: '/elsewhere' });
test(meaning, 'tools', { kind: 'image', ref: 'docker-image://acme/tools' }, { tools: 'docker-image://acme/tools' });

test('a base is an earlier stage by name, never by number, else an image', async (t) => {
  const result = await resolve(plan('c', stage('a', 'debian'), stage('b', 'A'), stage('c', 'b', [copy(name('0'))])));
  t.deepEqual(
    result.stages.map(({ base }) => base),
    [
      { kind: 'image', ref: 'debian' },
      { kind: 'stage', name: 'a' },
      { kind: 'stage', name: 'b' },
    ],
  );
  const numbered = await resolve(plan('b', stage('a', 'debian'), stage('b', '0')));
  t.deepEqual(numbered.stages[0]?.base, { kind: 'image', ref: '0' });
});

test('a stage that shares its name with its own base starts from the image', async (t) => {
  const result = await resolve(plan('debian', stage('debian', 'debian')));
  t.deepEqual(result.stages[0]?.base, { kind: 'image', ref: 'debian' });
});

test('mounts of a run step are resolved and count as needs', async (t) => {
  const result = await resolve(plan('b', stage('a', 'debian'), stage('b', 'debian', [run(name('a'))])));
  const step = lastStep(result) as RunStep;
  t.deepEqual(step.mounts[0]?.type === 'bind' && step.mounts[0].from, { kind: 'stage', name: 'a' });
  t.deepEqual(namesOf(result), ['a', 'b']);
});

test('stages that the target does not need are left out together with their mistakes', async (t) => {
  const result = await resolve(
    plan('c', stage('a', 'debian'), stage('unused', 'debian', [copy(name('99'))]), stage('c', 'a'), stage('later', 'c')),
  );
  t.deepEqual(namesOf(result), ['a', 'c']);
});

test('a stage may copy from a stage that is written later, which is then built first', async (t) => {
  const result = await resolve(plan('a', stage('a', 'scratch', [copy(name('b'))]), stage('b', 'debian')));
  t.deepEqual(namesOf(result), ['b', 'a']);
});

test('nothing of the plan that was given is changed', async (t) => {
  const input = plan('b', stage('a', 'debian'), stage('b', 'a', [copy(name('a'))]));
  const before = structuredClone(input);
  await resolve(input);
  t.deepEqual(input, before);
});

const refused = test.macro({
  async exec(t, input: Plan, code: string, message: RegExp, line: number | undefined) {
    const error = await t.throwsAsync(() => resolve(input, { dir: '/dir', web: 'https://x/y.tar' }));
    t.true(VarveError.is(error));
    if (!VarveError.is(error)) return;
    t.is(error.code, code);
    t.regex(error.message, message);
    t.is(error.source?.startLine, line);
    t.truthy(error.hint);
  },
  title: (what = '') => `refuses ${what}`,
});
const out = (from: string) => stage('out', 'scratch', [copy(name(from), 7)]);
test('a number that no stage has', refused, plan('out', stage('a', 'x'), out('5')), 'STAGE_INDEX', /^invalid from flag value 5: /, 7);
test(
  "the stage's own number",
  refused,
  plan('out', stage('a', 'x'), out('1')),
  'STAGE_INDEX',
  /^invalid from flag value 1: refers to current/,
  7,
);
test(
  'the number of a later stage',
  refused,
  plan('out', out('1'), stage('a', 'x')),
  'STAGE_INDEX',
  /^invalid from flag value 1: .*later/,
  7,
);
test("the stage's own name", refused, plan('out', out('out')), 'STAGE_CYCLE', /^circular dependency detected on stage: out$/, 10);
test(
  'stages that need each other',
  refused,
  plan('b', stage('a', 'x', [copy(name('b'))]), stage('b', 'x', [copy(name('a'))])),
  'STAGE_CYCLE',
  /^circular dependency detected on stage: /,
  10,
);
test('a directory as a base', refused, plan('a', stage('a', 'dir')), 'STAGE_CONTEXT', /image to start from.*\/dir/, 10);
test('a context that would have to be fetched', refused, plan('out', out('web')), 'STAGE_CONTEXT', /https:/, 7);
test(
  'a target that is no stage',
  refused,
  plan('nope', stage('a', 'x')),
  'STAGE_TARGET',
  /target stage "nope" could not be found/,
  undefined,
);
