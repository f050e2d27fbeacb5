import test from 'ava';
import type { Plan, Step, StepHandler } from '../../src/index.ts';
import { MemoryCache, MemoryLayers, memoryStores } from '../../testing/index.ts';
import { failureOf, kernelOf, plugin, stage, write } from './helpers.ts';
import { jsonFrontend, planSource, ToySnapshotter, toySnapshots, WriteHandler, writeSteps } from './toys.ts';

/** Processes whose result is another one each time, as an installation is; `fails` names one that fails. */
function workshop() {
  const done: string[] = [];
  const [cache, layers, writes] = [new MemoryCache(), new MemoryLayers(), new WriteHandler()];
  const state = { fails: '' };
  const handler: StepHandler = {
    fingerprint: async ({ title }) => ({ title }),
    execute: async ({ title }, scope) => {
      await scope.workspace();
      if (title === state.fails) throw new Error(title);
      done.push(title);
      return { kind: 'workspace' };
    },
  };
  const running = plugin('running', ({ hooks }) => hooks.handler.tap(async (step) => (step.kind === 'toy-ask' ? handler : undefined)));
  const kernel = kernelOf(running, jsonFrontend, writeSteps(writes), toySnapshots(new ToySnapshotter()), memoryStores({ cache, layers }));
  const build = async (plan: Plan, request: object = {}) => {
    done.length = 0;
    return await kernel.build({ source: planSource(plan), ...request });
  };
  return { build, done, state, cache, layers, writes };
}
const run = (title: string): Step => ({ kind: 'toy-ask', title, what: 'workspace' });
const of = (...steps: Step[]): Plan => ({ stages: [stage('main', ...steps)], target: 'main' });
const after = (...steps: Step[]): Plan['stages'][number] => ({ ...stage('main', ...steps), base: { kind: 'stage', name: 'one' } });

test('what was made on a layer is not laid over another that has taken its place', async (t) => {
  const { build, done, state } = workshop();
  const plan = of(run('install'), run('configure'));
  await build(plan);
  state.fails = 'configure';
  await failureOf(() => build(plan, { noCache: true }));
  state.fails = '';
  await build(plan);
  t.deepEqual(done, ['configure']);
});

test('a stage on one that is made anew is made anew', async (t) => {
  const { build, done } = workshop();
  const plan: Plan = { stages: [stage('one', run('install')), after(run('configure'))], target: 'main' };
  await build(plan);
  await build(plan, { noCache: ['one'] });
  t.deepEqual(done, ['install', 'configure']);
  await build(plan);
  t.deepEqual(done, []);
});

test('a step whose layer is gone is done again with all that stood on it', async (t) => {
  const { build, done, layers } = workshop();
  const plan = of(run('install'), run('configure'));
  const { image } = await build(plan);
  const [first] = image.layers;
  const get = layers.get.bind(layers);
  layers.get = async (id) => (id === first?.id ? undefined : await get(id));
  await build(plan);
  t.deepEqual(done, ['install', 'configure']);
});

test('a composed layer that is made again as it was keeps what stands on it', async (t) => {
  const { build, done, cache, writes } = workshop();
  const plan = of(write('a'), run('use'));
  const first = await build(plan);
  const [key] = [...cache.records.values()].flatMap((record) => (record.kind === 'toy-write' ? [record.key] : []));
  if (key !== undefined) cache.records.delete(key);
  const second = await build(plan);
  t.deepEqual([writes.executed, done], [2, []]);
  t.is(second.image.layers[0]?.id, first.image.layers[0]?.id);
});
