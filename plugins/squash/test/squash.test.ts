import type { BuildInfo, BuildRequest } from '@varve/core';
import { LAYERS, VarveError } from '@varve/core';
import { MergedTree, walk } from '@varve/core/archive';
import { asLayerID, digestOf, type HistoryRow, hostPlatform, type Image, type Layer, makeImage } from '@varve/core/image';
import { entry, fixtureLayer, MemoryLayers, sketchLayer } from '@varve/core/testing';
import test from 'ava';
import { squash } from '../src/index.ts';

const { file, dir, whiteout } = entry;
let count = 0;
const layer = (...entries: Parameters<typeof fixtureLayer>[1]): Layer => fixtureLayer(asLayerID(digestOf(String(count++))), entries);
const row = (text: string, isEmpty = false): HistoryRow => ({ created_by: text, ...(isEmpty && { empty_layer: true }) });

interface Made {
  readonly base?: readonly Layer[];
  readonly own: readonly Layer[];
  readonly history: readonly HistoryRow[];
}
const imageOf = ({ base = [], own, history }: Made): Image =>
  makeImage({
    config: { ...hostPlatform(), created: '2001-02-03T04:05:06Z', config: { Cmd: ['x'] }, history },
    layers: [...base, ...own],
    baseLayers: base.length,
  });

type Tap = (image: Image, build: BuildInfo) => Promise<Image>;

/** The plugin's answer, asked the way the kernel asks. */
async function squashed(image: Image, options: BuildRequest['options'], plugin: unknown = undefined): Promise<Image> {
  let tap: Tap | undefined;
  const layers = new MemoryLayers();
  const read = squash.options as (raw: unknown) => { readonly always: boolean };
  const api = {
    hooks: { image: { tap: (fn: Tap) => (tap = fn) } },
    options: read(plugin),
    inject: (_: string, [token]: readonly unknown[], make: (store: MemoryLayers) => unknown) => {
      if (token !== LAYERS) throw new Error('asks for something else than the layer store');
      return () => make(layers);
    },
  };
  squash.apply(api as unknown as Parameters<typeof squash.apply>[0]);
  const build = { id: 'b', request: { options }, platform: hostPlatform(), emit: () => undefined };
  if (tap === undefined) throw new Error('no tap');
  return await tap(image, build as unknown as BuildInfo);
}
const SQUASH = { squash: true };

const showEntry = (one: { type: string; path: string }): string => `${one.type} ${one.path}`;
const indexOf = async (one: Layer | undefined): Promise<readonly string[]> => [...((await one?.index()) ?? [])].map(showEntry);
const filesOf = async (image: Image): Promise<readonly unknown[]> =>
  [...walk(await MergedTree.of(image.layers), '')].filter(({ path }) => path !== '');

const debian = [layer(dir('etc'), file('etc/passwd', 10), file('etc/motd', 5)), layer(dir('usr'))];
const three: Made = {
  base: debian,
  own: [
    layer(dir('tmp'), file('tmp/big', 5000)),
    layer(dir('tmp'), whiteout('tmp/big'), file('tmp/small', 3)),
    layer(dir('etc'), whiteout('etc/motd')),
  ],
  history: [row('FROM 1'), row('ENV', true), row('FROM 2'), row('RUN 1'), row('CMD', true), row('RUN 2'), row('RUN 3')],
};

test('an image is the base and exactly one layer, with the same files', async (t) => {
  const image = imageOf(three);
  const result = await squashed(image, SQUASH);
  t.is(result.layers.length, 3);
  t.is(result.baseLayers, 2);
  t.deepEqual(result.layers.slice(0, 2), debian);
  t.deepEqual(await filesOf(result), await filesOf(image));
});

test('what was made and removed again is gone without a whiteout, what the base has is removed by one', async (t) => {
  const result = await squashed(imageOf(three), SQUASH);
  t.deepEqual(await indexOf(result.layers[2]), ['directory etc', 'whiteout etc/motd', 'directory tmp', 'file tmp/small']);
});

test('a directory of the base that was removed and made again has whiteouts for what it held', async (t) => {
  const result = await squashed(
    imageOf({
      base: debian,
      own: [layer(whiteout('etc')), layer(dir('etc'), file('etc/new', 1))],
      history: [row('a'), row('b'), row('c'), row('d')],
    }),
    SQUASH,
  );
  t.deepEqual(await indexOf(result.layers[2]), ['directory etc', 'whiteout etc/motd', 'whiteout etc/passwd', 'file etc/new']);
});

test('a directory that is replaced twice hides nothing that the base does not have', async (t) => {
  const own = [layer(dir('x'), file('x/a', 1)), layer(whiteout('x')), layer(dir('x'), file('x/b', 1))];
  const result = await squashed(imageOf({ base: debian, own, history: ['1', '2', '3', '4', '5'].map((text) => row(text)) }), SQUASH);
  t.deepEqual(await indexOf(result.layers[2]), ['directory x', 'file x/b']);
});

test('history keeps its rows: those of squashed layers are empty, and one more stands for the layer', async (t) => {
  const { config, layers } = await squashed(imageOf(three), SQUASH);
  t.deepEqual(config.history.slice(0, -1), [
    row('FROM 1'),
    row('ENV', true),
    row('FROM 2'),
    row('RUN 1', true),
    row('CMD', true),
    row('RUN 2', true),
    row('RUN 3', true),
  ]);
  const last = config.history.at(-1);
  t.is(last?.created, '2001-02-03T04:05:06Z');
  t.is(last?.empty_layer, undefined);
  t.regex(last?.comment ?? '', /^merge sha256:[0-9a-f]{64} to sha256:[0-9a-f]{64}$/);
  t.is(config.history.filter((one) => one.empty_layer !== true).length, layers.length);
});

test('without a base everything becomes one layer without whiteouts', async (t) => {
  const result = await squashed(imageOf({ own: three.own, history: [row('1'), row('2'), row('3')] }), SQUASH);
  t.deepEqual(await indexOf(result.layers[0]), ['directory etc', 'directory tmp', 'file tmp/small']);
  t.is(result.layers.length, 1);
  t.regex(result.config.history.at(-1)?.comment ?? '', /^create new from sha256:[0-9a-f]{64}$/);
});

test('rows of a base that has fewer of them than layers stay as they are', async (t) => {
  const result = await squashed(
    imageOf({ base: debian, own: [layer(file('a', 1)), layer(file('b', 1))], history: [row('FROM'), row('A'), row('B')] }),
    SQUASH,
  );
  t.deepEqual(result.config.history.slice(0, 3), [row('FROM'), row('A', true), row('B', true)]);
});

test('hard links and contents survive', async (t) => {
  const own = [sketchLayer({ a: 'one', 'd/b': { link: 'a' } }), sketchLayer({ c: 'two' })];
  const [merged] = (await squashed(imageOf({ own, history: [row('1'), row('2')] }), SQUASH)).layers;
  t.deepEqual(await indexOf(merged), ['file a', 'file c', 'directory d', 'hardlink d/b']);
  const contents = await merged?.contents();
  const texts = [...((await merged?.index()) ?? [])].flatMap((one) => (one.type === 'file' ? [contents?.(one)] : []));
  t.deepEqual(
    texts.map((content) => (content?.kind === 'bytes' ? Buffer.from(content.bytes).toString() : '')),
    ['one', 'two'],
  );
});

test('the same build squashed twice is the same image', async (t) => {
  const first = await squashed(imageOf(three), SQUASH);
  const second = await squashed(imageOf(three), SQUASH);
  t.deepEqual(await first.descriptor(), await second.descriptor());
});

test('an image without layers of its own, and a build that did not ask, are left alone', async (t) => {
  const bare = imageOf({ base: debian, own: [], history: [row('1'), row('2')] });
  t.is(await squashed(bare, SQUASH), bare);
  const image = imageOf(three);
  t.is(await squashed(image, undefined), image);
  t.is(await squashed(image, { squash: false }), image);
});

test('the option "always" squashes every build', async (t) => {
  t.is((await squashed(imageOf(three), undefined, { always: true })).layers.length, 3);
});

const refused = test.macro({
  async exec(t, options: unknown) {
    const error = await t.throwsAsync(() => squashed(imageOf(three), undefined, options));
    t.true(VarveError.is(error) && error.code === 'OPTIONS_INVALID');
  },
  title: (_, options) => `refuses the options ${JSON.stringify(options)}`,
});
test(refused, { always: 'yes' });
test(refused, { allways: true });
