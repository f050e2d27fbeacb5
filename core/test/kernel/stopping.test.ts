import test from 'ava';
import { asLayerID, composeLayer, digestOf, type Layer, makeImage } from '../../image/index.ts';
import { type AnyPlugin, type BuildEvent, type Plan, type Step, type StepHandler, type StepScope, VarveError } from '../../src/index.ts';
import { memoryStores } from '../../testing/index.ts';
import { failureOf, kernelOf, plugin, preset, stage, write } from './helpers.ts';
import { jsonFrontend, planSource, ToySnapshotter, toySnapshots } from './toys.ts';

/** Does what the title of a `toy-ask` step says: fails, or waits until it is stopped. */
const acting = (act: (title: string, signal: AbortSignal) => Promise<void>) =>
  plugin('acting', ({ hooks }) => {
    const handler: StepHandler = {
      fingerprint: async ({ title }) => ({ title }),
      execute: async ({ title }, { signal }) => {
        await act(title, signal ?? new AbortController().signal);
        return { kind: 'workspace' };
      },
    };
    hooks.handler.tap(async (step) => (step.kind === 'toy-ask' ? handler : undefined));
  });
const stopped = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
const failOrWait = acting(async (title, signal) => {
  if (title !== 'fail') return await stopped(signal);
  await new Promise((resolve) => setTimeout(resolve, 10));
  throw new VarveError('STEP_FAILED', 'exit code: 3', { exitCode: 3 });
});
const act = (title: string): Step => ({ kind: 'toy-ask', title, what: 'workspace', source: { file: title, startLine: 1, endLine: 1 } });
const reading = (...names: string[]): Step => ({ ...write('x'), inputs: names.map((name) => ({ kind: 'stage', name }) as const) });
const workshop = (...plugins: readonly AnyPlugin[]) => {
  const events: BuildEvent[] = [];
  const watcher = plugin('watcher', ({ hooks }) => hooks.event.tap(async (event) => void events.push(event)));
  const kernel = kernelOf(...preset(watcher, ...plugins));
  return { events, build: (plan: Plan, more: object = {}) => kernel.build({ source: planSource(plan), ...more }) };
};

const twoStages: Plan = {
  stages: [stage('slow', act('wait')), stage('bad', act('fail')), stage('main', reading('slow', 'bad'))],
  target: 'main',
};

test('a stage that fails stops one that is waited for before it', async (t) => {
  const failure = await failureOf(() => workshop(failOrWait).build(twoStages));
  t.deepEqual([failure.code, failure.exitCode, failure.source?.file], ['STEP_FAILED', 3, 'fail']);
});

test('a stage that fails stops the target while it is busy itself', async (t) => {
  const stages = [stage('bad', act('fail')), stage('main', act('wait'), reading('bad'))];
  const failure = await failureOf(() => workshop(failOrWait).build({ stages, target: 'main' }));
  t.deepEqual([failure.code, failure.source?.file], ['STEP_FAILED', 'fail']);
});

test('a step that was stopped is told apart from the one that failed', async (t) => {
  const { build, events } = workshop(failOrWait);
  await failureOf(() => build(twoStages));
  t.deepEqual(events.flatMap((event) => (event.type === 'step-failed' ? [[event.step.title, event.code]] : [])).toSorted(), [
    ['fail', 'STEP_FAILED'],
    ['wait', 'STEP_STOPPED'],
  ]);
});

test('a step that was stopped by an abort is no failure of its plugin', async (t) => {
  const { build, events } = workshop(acting((_, signal) => stopped(signal)));
  const controller = new AbortController();
  const failing = failureOf(() => build({ stages: [stage('main', act('wait'))], target: 'main' }, { signal: controller.signal }));
  setTimeout(() => controller.abort(), 10);
  t.is((await failing).code, 'BUILD_ABORTED');
  t.deepEqual(
    events.flatMap((event) => (event.type === 'step-failed' ? [event.code] : [])),
    ['STEP_STOPPED'],
  );
});

test('a build that is stopped before it starts asks no plugin', async (t) => {
  const asked: string[] = [];
  const frontend = plugin('asked', ({ hooks }) =>
    hooks.frontend.tap(async () => {
      asked.push('frontend');
      return undefined;
    }),
  );
  const signal = AbortSignal.abort();
  const failure = await failureOf(() => workshop(frontend).build({ stages: [stage('main')], target: 'main' }, { signal }));
  t.deepEqual([failure.code, asked], ['BUILD_ABORTED', []]);
});

const refused = test.macro({
  async exec(t, plan: Plan, code: string, message: RegExp) {
    const failure = await failureOf(() => workshop().build(plan));
    t.is(failure.code, code);
    t.regex(failure.message, message);
  },
  title: (title, _, code: string) => `${title} is refused with ${code}`,
});
const from = (name: string, base: string): Plan['stages'][number] => ({ ...stage(name), base: { kind: 'stage', name: base } });
test(
  'a step that reads a stage that is not there',
  refused,
  { stages: [stage('main', write('a'), reading('nobody'))], target: 'main' },
  'PLAN_STAGE_UNKNOWN',
  /no stage "nobody"/,
);
test(
  'stages that wait for each other',
  refused,
  { stages: [from('a', 'b'), stage('b', reading('a'))], target: 'a' },
  'PLAN_CYCLE',
  /a -> b -> a/,
);
test('a stage that starts from itself', refused, { stages: [from('a', 'a')], target: 'a' }, 'PLAN_CYCLE', /a -> a/);
test('two stages of one name', refused, { stages: [stage('a'), stage('a', write('x'))], target: 'a' }, 'PLAN_STAGE_TWICE', /"a"/);

test('a step that reads a stage that it did not name is refused', async (t) => {
  const reads = plugin('reads', ({ hooks }) =>
    hooks.handler.tap(async ({ title }) => {
      if (title !== 'read') return undefined;
      const execute = async (_: Step, scope: StepScope) => {
        await scope.treeOf({ kind: 'stage', name: 'other' });
        return { kind: 'workspace' } as const;
      };
      return { fingerprint: async () => ({}), execute };
    }),
  );
  const plan: Plan = { stages: [stage('other'), stage('main', act('read'))], target: 'main' };
  const failure = await failureOf(() => workshop(reads).build(plan));
  t.is(failure.code, 'STEP_CONTRACT');
  t.regex(failure.message, /"other", which is not among its inputs/);
});

test('a build that may run no step at once runs one', async (t) => {
  await t.notThrowsAsync(workshop().build({ stages: [stage('main', write('a'))], target: 'main' }, { parallel: 0 }));
});

test.serial('a workspace that fails while nobody waits for it yet fails the step', async (t) => {
  const handler: StepHandler = {
    fingerprint: async () => ({}),
    execute: async (_, scope) => {
      const opening = scope.workspace();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await opening;
      return { kind: 'workspace' };
    },
  };
  const early = plugin('early', ({ hooks }) => hooks.handler.tap(async () => handler));
  const noStorage = plugin('no-storage', ({ hooks }) =>
    hooks.storage.tap(
      async () => {
        throw new VarveError('STORAGE_BROKEN', 'no');
      },
      { stage: -100 },
    ),
  );
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  const failure = await failureOf(() => workshop(early, noStorage).build({ stages: [stage('main', act('x'))], target: 'main' }));
  process.off('unhandledRejection', listen);
  t.is(failure.code, 'STORAGE_BROKEN');
  t.deepEqual(unhandled, []);
});

test('reading the indexes of layers ends with the build', async (t) => {
  let controller = new AbortController();
  const layer: Layer = {
    ...composeLayer(asLayerID(digestOf('far away')), [], () => ({ kind: 'bytes', bytes: Buffer.alloc(0) })),
    index: async ({ signal } = {}) => {
      setTimeout(() => controller.abort(), 5);
      await stopped(signal ?? new AbortController().signal);
      return [];
    },
  };
  const image = makeImage({ config: { os: 'linux', architecture: 'amd64', config: {}, history: [] }, layers: [layer] });
  const transport = plugin('transport', ({ hooks }) => hooks.transport.tap(async () => ({ name: 'toy', resolve: async () => image })));
  const looking = plugin('looking', ({ hooks }) =>
    hooks.handler.tap(async () => ({
      fingerprint: async ({ title }, inputs) => {
        await (title === 'tree' ? inputs.tree() : inputs.treeOf({ kind: 'image', ref: 'base' }));
        return {};
      },
      execute: async () => ({ kind: 'workspace' }),
    })),
  );
  for (const title of ['tree', 'treeOf']) {
    controller = new AbortController();
    const { build, events } = workshop(transport, looking);
    const plan: Plan = { stages: [{ ...stage('main', act(title)), base: { kind: 'image', ref: 'base' } }], target: 'main' };
    await failureOf(() => build(plan, { signal: controller.signal }));
    t.true(
      events.some((event) => event.type === 'step-failed'),
      title,
    );
  }
});

test('a step that fails is what the build fails with, also when cleaning up after it fails', async (t) => {
  const failing = plugin('failing', ({ hooks }) =>
    hooks.handler.tap(async () => ({
      fingerprint: async () => ({}),
      execute: async (_, scope) => {
        await scope.workspace();
        throw new VarveError('STEP_FAILED', 'exit code: 3', { exitCode: 3 });
      },
    })),
  );
  const [snapshotter, start] = [new ToySnapshotter(), () => new ToySnapshotter().start()];
  const open = async () => ({
    root: '/nonexistent',
    [Symbol.asyncDispose]: async () => {
      throw new Error('it is busy');
    },
  });
  snapshotter.start = () => ({ ...start(), open });
  const kernel = kernelOf(failing, jsonFrontend, toySnapshots(snapshotter), memoryStores());
  const failure = await failureOf(() => kernel.build({ source: planSource({ stages: [stage('main', act('x'))], target: 'main' }) }));
  t.deepEqual([failure.code, failure.exitCode, failure.source?.file], ['STEP_FAILED', 3, 'x']);
});
