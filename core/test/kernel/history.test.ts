import test from 'ava';
import { asDiffID, asLayerID, composeLayer, digestOf, type HistoryRow, type Layer, makeImage } from '../../image/index.ts';
import { handles, type Plan, type Step, type Transport } from '../../src/index.ts';
import { kernelOf, plugin, preset, stage, write } from './helpers.ts';
import { planSource } from './toys.ts';

const layerOf = (name: string): Layer =>
  composeLayer(asLayerID(asDiffID(digestOf(name))), [], () => ({ kind: 'bytes', bytes: Buffer.alloc(0) }));
const baseOf = (names: readonly string[], history: readonly HistoryRow[]) =>
  makeImage({
    config: { os: 'linux', architecture: 'amd64', created: '2020-01-01T00:00:00Z', config: {}, history },
    layers: names.map(layerOf),
  });

async function buildOn(base: ReturnType<typeof baseOf>, steps: Plan['stages'][number]['steps']) {
  const transport: Transport = { name: 'toy', resolve: async () => base };
  const transports = plugin('transports', ({ hooks }) => hooks.transport.tap(async () => transport));
  await using kernel = kernelOf(...preset(transports));
  const plan: Plan = { stages: [{ ...stage('main', ...steps), base: { kind: 'image', ref: 'base' } }], target: 'main' };
  return (await kernel.build({ source: planSource(plan) })).image;
}
const shape = (history: readonly HistoryRow[]) => history.map((row) => (row.empty_layer ? 'empty' : (row.created_by ?? '?')));

const follows = test.macro({
  async exec(t, layers: readonly string[], history: readonly HistoryRow[], expected: readonly string[]) {
    const image = await buildOn(baseOf(layers, history), [write('x')]);
    t.deepEqual(shape(image.config.history), expected);
    t.is(image.config.history.filter((row) => !row.empty_layer).length, image.layers.length);
  },
  title: (title) => `rows stand for the layers on a base ${title}`,
});
test('that has them', follows, ['a', 'b'], [{ created_by: 'a' }, { created_by: 'b' }], ['a', 'b', 'write x']);
test('without history', follows, ['a', 'b'], [], ['?', '?', 'write x']);
test('with too few rows', follows, ['a', 'b'], [{ created_by: 'a' }, { empty_layer: true }], ['a', 'empty', '?', 'write x']);
test('with too many rows', follows, ['a'], [{ created_by: 'a' }, { created_by: 'b' }], ['a', 'empty', 'write x']);

test('rows before the first layer have its time, so that a second build gives the same image', async (t) => {
  const label = (title: string): Step => ({ kind: 'config', title, patch: {}, history: { createdBy: title } });
  const labels = plugin('labels', ({ hooks }) =>
    hooks.handler.tap(
      handles('config', () => ({
        fingerprint: async () => undefined,
        execute: async (_, { config }) => ({ kind: 'config', config }),
      })),
    ),
  );
  await using kernel = kernelOf(...preset(labels));
  const source = planSource({ stages: [stage('main', label('one'), label('two'), write('x'), label('three'))], target: 'main' });
  const { image, id } = await kernel.build({ source });
  const [one, ...others] = image.config.history.map(({ created }) => created);
  t.deepEqual([typeof one, ...others], ['string', one, one, one]);
  await new Promise((resolve) => setTimeout(resolve, 5)); // another millisecond
  t.is((await kernel.build({ source })).id, id);
  const empty = await kernel.build({ source: planSource({ stages: [stage('main', label('one'))], target: 'main' }) });
  t.deepEqual(
    empty.image.config.history.map(({ created }) => created),
    [empty.image.config.created],
  );
});

test('what a base says of how it was made itself is not said of what is built on it', async (t) => {
  const base = baseOf(['a'], [{ created_by: 'a' }]);
  const own = { container: 'c0ffee', container_config: { Cmd: ['old'] }, docker_version: '1', parent: 'p', 'moby.buildkit.cache.v0': 'x' };
  const kept = { author: 'somebody', 'os.version': '10', 'os.features': ['f'] };
  const image = await buildOn({ ...base, config: { ...base.config, ...own, ...kept } }, [write('x')]);
  const { config: _, history: __, created: ___, ...rest } = image.config;
  t.deepEqual(rest, { os: 'linux', architecture: 'amd64', ...kept });
});
