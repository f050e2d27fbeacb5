import test from 'ava';
import { type AnyPlugin, type BuildEvent, type BuildRequest, type Plan, type Step, VarveError } from '../../src/index.ts';
import { MemoryCache, memoryStores } from '../../testing/index.ts';
import { failureOf, kernelOf, plugin, stage, write } from './helpers.ts';
import { jsonFrontend, planSource, ToySnapshotter, toySnapshots, WriteHandler, writeSteps } from './toys.ts';

/** A kernel whose parts can be looked at. */
function workshop(...more: readonly AnyPlugin[]) {
  const [handler, cache, snapshotter, events] = [new WriteHandler(), new MemoryCache(), new ToySnapshotter(), [] as BuildEvent[]];
  const watcher = plugin('watcher', ({ hooks }) => hooks.event.tap(async (event) => void events.push(event)));
  const kernel = kernelOf(...more, watcher, jsonFrontend, writeSteps(handler), toySnapshots(snapshotter), memoryStores({ cache }));
  const build = (plan: Plan | readonly Step[], request: Partial<BuildRequest> = {}) =>
    kernel.build({ source: planSource('stages' in plan ? plan : { stages: [stage('main', ...plan)], target: 'main' }), ...request });
  return { kernel, build, handler, cache, snapshotter, events };
}
const titles = (events: readonly BuildEvent[], type: BuildEvent['type']) =>
  events.flatMap((event) => (event.type === type && 'step' in event ? [event.step.title] : []));
const ask = (what: 'workspace' | 'executor'): Step => ({ kind: 'toy-ask', title: `ask ${what}`, what });

test('steps run in order and each leaves a layer and a row of history', async (t) => {
  const { build } = workshop();
  const { image } = await build([write('a'), write('b')]);
  t.deepEqual(
    image.config.history.map((row) => row.created_by),
    ['write a', 'write b'],
  );
  t.is(image.layers.length, 2);
});

test('a second build executes nothing, opens nothing and gives the same image', async (t) => {
  const { build, handler, snapshotter, events } = workshop();
  const first = await build([write('a'), ask('workspace')]);
  snapshotter.log.length = 0;
  const second = await build([write('a'), ask('workspace')]);
  t.is(handler.executed, 1);
  t.deepEqual(snapshotter.log, []);
  t.deepEqual(titles(events, 'step-cached'), ['write a', 'ask workspace']);
  t.is(second.descriptor.digest, first.descriptor.digest);
});

test('a changed step makes itself and what follows anew', async (t) => {
  const { build, handler, events } = workshop();
  await build([write('a'), write('b'), write('c')]);
  await build([write('a'), write('b', 'changed'), write('c')]);
  t.is(handler.executed, 5);
  t.deepEqual(titles(events, 'step-cached'), ['write a']);
});

test('noCache executes everything again, for all stages or those named', async (t) => {
  const { build, handler } = workshop();
  await build([write('a')]);
  await build([write('a')], { noCache: true });
  await build([write('a')], { noCache: ['other'] });
  await build([write('a')], { noCache: ['MAIN'] });
  t.is(handler.executed, 3);
});

test('what was done before a failing step is cached', async (t) => {
  const { build, handler, snapshotter } = workshop();
  await failureOf(() => build([write('a'), ask('workspace'), ask('executor')]));
  snapshotter.log.length = 0;
  await build([write('a'), ask('workspace'), write('c')]);
  t.is(handler.executed, 2);
  t.deepEqual(snapshotter.log, []);
});

test('a build without processes asks for no snapshotter, storage or executor', async (t) => {
  const handler = new WriteHandler();
  const kernel = kernelOf(jsonFrontend, writeSteps(handler), memoryStores());
  await t.notThrowsAsync(kernel.build({ source: planSource({ stages: [stage('main', write('a'), write('b'))], target: 'main' }) }));
});

test('a workspace that fails after it was opened is thrown away', async (t) => {
  const { build, snapshotter } = workshop(
    plugin('failing', ({ hooks }) => {
      hooks.handler.tap(async (step) =>
        step.title !== 'fail'
          ? undefined
          : {
              fingerprint: async () => ({}),
              execute: async (_, scope) => {
                await scope.workspace();
                throw new VarveError('STEP_FAILED', 'exit code: 3', { exitCode: 3 });
              },
            },
      );
    }),
  );
  const source = { file: 'plan', startLine: 7, endLine: 8 };
  const failure = await failureOf(() => build([{ ...ask('workspace'), title: 'fail', source }]));
  t.deepEqual([failure.code, failure.exitCode, failure.source], ['STEP_FAILED', 3, source]);
  t.deepEqual(snapshotter.log, ['opened', 'disposed']);
});

test('stages that nobody needs are not run, and those that are run once', async (t) => {
  const { build, handler } = workshop();
  const from = (name: string): Step => ({ ...write(`from ${name}`), inputs: [{ kind: 'stage', name }] });
  const base = { ...stage('left', write('l')), base: { kind: 'stage', name: 'shared' } } as const;
  await build({
    stages: [stage('unused', write('u')), stage('shared', write('s')), base, stage('main', from('left'), from('shared'))],
    target: 'main',
  });
  t.is(handler.executed, 4);
});

test('equal steps of two stages that run at once are done once', async (t) => {
  const { build, handler } = workshop();
  const inputs = [
    { kind: 'stage', name: 'one' },
    { kind: 'stage', name: 'two' },
  ] as const;
  await build({ stages: [stage('one', write('a')), stage('two', write('a')), stage('main', { ...write('b'), inputs })], target: 'main' });
  t.is(handler.executed, 2);
});

test('no more steps run at once than asked for', async (t) => {
  let [running, most] = [0, 0];
  const slow = plugin('slow', ({ hooks }) =>
    hooks.handler.tap(async (step) =>
      step.kind !== 'toy-ask'
        ? undefined
        : {
            fingerprint: async () => ({ title: step.title }),
            execute: async (_, scope) => {
              most = Math.max(most, ++running);
              await new Promise((resolve) => setTimeout(resolve, 5));
              await scope.workspace();
              running--;
              return { kind: 'workspace' };
            },
          },
    ),
  );
  const { build } = workshop(slow);
  const names = ['1', '2', '3', '4', '5', '6'];
  const stages = names.map((name) => stage(name, { ...ask('workspace'), title: name }));
  const inputs = names.map((name) => ({ kind: 'stage', name }) as const);
  await build({ stages: [...stages, stage('main', { ...write('end'), inputs })], target: 'main' }, { parallel: 2 });
  t.is(most, 2);
});

const refused = test.macro({
  async exec(t, plan: Plan | readonly Step[], code: string) {
    const { build } = workshop();
    t.is((await failureOf(() => build(plan))).code, code);
  },
  title: (title, _, code: string) => `${title} is refused with ${code}`,
});
const unnamed = { ...stage('main'), base: { kind: 'name', name: 'one' } } as const;
test('a plan whose names nobody resolved', refused, { stages: [stage('one'), unnamed], target: 'main' }, 'PLAN_STAGES');
test('a target that is not in the plan', refused, { stages: [stage('one')], target: 'two' }, 'PLAN_STAGE_UNKNOWN');
test(
  'a kind of step that no plugin runs',
  refused,
  [{ kind: 'run', title: 'x', args: ['x'], env: [], network: 'default', mounts: [] }],
  'STEP_UNKNOWN',
);
test('a base image that nobody has', refused, { stages: [unnamed], target: 'main' }, 'IMAGE_UNKNOWN');
test('an executor that nobody brings', refused, [ask('executor')], 'HOST_UNSUPPORTED');

test('a kernel without a store says what is missing', async (t) => {
  const failure = await failureOf(() =>
    kernelOf(jsonFrontend, writeSteps()).build({ source: planSource({ stages: [stage('main')], target: 'main' }) }),
  );
  t.is(failure.code, 'NOT_PROVIDED');
  t.regex(failure.message, /layer-store/);
});

test('a source that no frontend reads is refused', async (t) => {
  const { kernel } = workshop();
  const failure = await failureOf(() => kernel.build({ source: { file: 'Unknownfile', text: async () => '' } }));
  t.is(failure.code, 'FRONTEND_NONE');
});

test('an output that nobody writes is refused before anything runs', async (t) => {
  const { build, handler } = workshop();
  const failure = await failureOf(() => build([write('a')], { outputs: [{ type: 'floppy' }] }));
  t.is(failure.code, 'EXPORTER_NONE');
  t.is(handler.executed, 0);
});

test('labels and annotations of the request are in the result', async (t) => {
  const { build } = workshop();
  const { image } = await build([write('a')], { labels: { x: '1' }, annotations: { y: '2' } });
  t.deepEqual(image.config.config.Labels, { x: '1' });
  t.deepEqual(JSON.parse(Buffer.from(await image.manifestBytes()).toString()).annotations, { y: '2' });
});

test('with an epoch no time in the config is later', async (t) => {
  const { build } = workshop();
  const { image } = await build([write('a')], { epoch: 86_400 });
  t.is(image.config.created, '1970-01-02T00:00:00Z');
  t.deepEqual(
    image.config.history.map((row) => row.created),
    ['1970-01-02T00:00:00Z'],
  );
});

test('a plan may name the epoch, and a request another', async (t) => {
  const { build } = workshop();
  const plan: Plan = { stages: [stage('main', write('a'))], target: 'main', epoch: 86_400 };
  t.is((await build(plan)).image.config.created, '1970-01-02T00:00:00Z');
  t.is((await build(plan, { epoch: 0 })).image.config.created, '1970-01-01T00:00:00Z');
});

test('what a layer tap may do is part of the key', async (t) => {
  const cache = new MemoryCache();
  const handler = new WriteHandler();
  const source = planSource({ stages: [stage('main', write('a'))], target: 'main' });
  const shaper = plugin('shaper', ({ hooks }) => hooks.layer.tap(async (layer) => layer));
  await kernelOf(jsonFrontend, writeSteps(handler), memoryStores({ cache })).build({ source });
  await kernelOf(shaper, jsonFrontend, writeSteps(handler), memoryStores({ cache })).build({ source });
  t.is(handler.executed, 2);
});

test('an abort while a step runs ends the build with BUILD_ABORTED and throws the workspace away', async (t) => {
  const controller = new AbortController();
  const waiting = plugin('waiting', ({ hooks }) =>
    hooks.handler.tap(async (step) =>
      step.kind !== 'toy-ask'
        ? undefined
        : {
            fingerprint: async () => ({}),
            execute: async (_, scope) => {
              await scope.workspace();
              setTimeout(() => controller.abort(), 5);
              await new Promise((_resolve, reject) => scope.signal?.addEventListener('abort', () => reject(scope.signal?.reason)));
              return { kind: 'workspace' };
            },
          },
    ),
  );
  const { build, snapshotter } = workshop(waiting);
  const failure = await failureOf(() => build([ask('workspace')], { signal: controller.signal }));
  t.is(failure.code, 'BUILD_ABORTED');
  t.deepEqual(snapshotter.log, ['opened', 'disposed']);
});

test('a stage that fails stops the others', async (t) => {
  let stopped = false;
  const racing = plugin('racing', ({ hooks }) =>
    hooks.handler.tap(async (step) =>
      step.kind !== 'toy-ask'
        ? undefined
        : {
            fingerprint: async () => ({ title: step.title }),
            execute: async (_, scope) => {
              if (step.title === 'fail') throw new VarveError('STEP_FAILED', 'no');
              await new Promise((resolve) => scope.signal?.addEventListener('abort', resolve));
              stopped = true;
              return { kind: 'workspace' };
            },
          },
    ),
  );
  const { build } = workshop(racing);
  const step = (title: string): Step => ({ ...ask('workspace'), title });
  const inputs = [
    { kind: 'stage', name: 'slow' },
    { kind: 'stage', name: 'bad' },
  ] as const;
  const plan: Plan = {
    stages: [stage('slow', step('wait')), stage('bad', step('fail')), stage('main', { ...write('x'), inputs: inputs.toReversed() })],
    target: 'main',
  };
  t.is((await failureOf(() => build(plan))).code, 'STEP_FAILED');
  t.true(stopped);
});

test('rows of history follow when a stage leaves one layer', async (t) => {
  const snapshotter = new ToySnapshotter();
  snapshotter.settle = async (layers) => layers.slice(-1);
  const kernel = kernelOf(jsonFrontend, writeSteps(), toySnapshots(snapshotter), memoryStores());
  const { image } = await kernel.build({
    source: planSource({ stages: [stage('main', write('a'), write('b'), write('c'))], target: 'main' }),
  });
  t.is(image.layers.length, 1);
  t.deepEqual(
    image.config.history.map((row) => row.empty_layer ?? false),
    [true, true, false],
  );
});
