import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Entry, extractLayer, type LayerIndex, MergedTree, normaliseIndex, scanDirectory, walk } from '../archive/index.ts';
import { asCacheKey, asLayerID, digestOf, type Layer, mergeLayers } from '../image/index.ts';
import { entry, fixtureLayer, temporaryDir, whyMissing } from '../testing/index.ts';

const id = (name: string) => asLayerID(asCacheKey(digestOf(name)));
const layersOf = (stack: readonly (readonly Entry[])[]): readonly Layer[] =>
  stack.map((entries, number) => fixtureLayer(id(`${number}`), entries));
const lines = (index: LayerIndex): readonly string[] => [...index].map(({ type, path }) => `${type} ${path}`);

const merges = test.macro({
  async exec(t, stack: readonly (readonly Entry[])[], expected: readonly string[]) {
    t.deepEqual(lines(await mergeLayers(id('merged'), layersOf(stack)).index()), expected);
  },
  title: (title) => `merging: ${title}`,
});
const { dir, file, link, opaque, symlink, whiteout } = entry;

test('the files of all layers are there, sorted', merges, [[file('b', 1)], [file('a', 1)]], ['file a', 'file b']);
test('the last of several entries counts', merges, [[file('a', 1)], [symlink('a', 'b')]], ['symlink a']);
test('a removed file stays removed below', merges, [[file('a', 1)], [whiteout('a')]], ['whiteout a']);
test('a removed and new file needs no whiteout', merges, [[whiteout('a')], [file('a', 1)]], ['file a']);
test(
  'a removed and new directory is opaque',
  merges,
  [[whiteout('d')], [dir('d'), file('d/f', 1)]],
  ['directory d', 'opaque d', 'file d/f'],
);
test('a directory that was a file is opaque', merges, [[file('d', 1)], [dir('d')]], ['directory d', 'opaque d']);
test('a removed directory takes all with it', merges, [[dir('d'), file('d/f', 1), whiteout('d/g')], [whiteout('d')]], ['whiteout d']);
test(
  'an opaque directory takes what was in it',
  merges,
  [
    [dir('d'), file('d/f', 1)],
    [dir('d'), opaque('d'), file('d/g', 1)],
  ],
  ['directory d', 'opaque d', 'file d/g'],
);
test(
  'what is removed in an opaque directory leaves no whiteout',
  merges,
  [[dir('d'), opaque('d'), file('d/f', 1)], [whiteout('d/f')]],
  ['directory d', 'opaque d'],
);
test('a file takes the place of a directory', merges, [[dir('d'), file('d/f', 1), whiteout('d/g')], [file('d', 1)]], ['file d']);
test(
  'a directory keeps what is in it when it is mentioned again',
  merges,
  [[dir('d'), file('d/f', 1)], [dir('d', { mode: 0o700 })]],
  ['directory d', 'file d/f'],
);
test(
  'names that lost the first one stay one file',
  merges,
  [[file('a', 1), link('b', 'a'), link('c', 'a')], [whiteout('a')]],
  ['whiteout a', 'file b', 'hardlink c'],
);
test(
  'a name of its own leaves the others together',
  merges,
  [[file('a', 1), link('b', 'a'), link('c', 'a')], [file('b', 1)]],
  ['file a', 'file b', 'hardlink c'],
);
test('a whiteout in a directory that is gone makes an empty one', merges, [[whiteout('d')], [whiteout('d/f')]], ['opaque d']);
test('a directory that nobody mentions takes the place of a file', merges, [[file('d', 1)], [file('d/f', 1)]], ['opaque d', 'file d/f']);

test('a stack that stands on nothing needs no whiteouts', async (t) => {
  const layers = layersOf([
    [file('a', 1), dir('d'), opaque('d')],
    [whiteout('a'), whiteout('b')],
  ]);
  t.deepEqual(lines(await mergeLayers(id('merged'), layers, { dropWhiteouts: true }).index()), ['directory d']);
});

test('contents stay where they are and are found under every name', async (t) => {
  const merged = mergeLayers(
    id('merged'),
    layersOf([
      [file('a', 6), link('b', 'a')],
      [whiteout('a'), file('c', 3)],
    ]),
  );
  const content = await merged.contents();
  const found = [...(await merged.index())].flatMap((one) => (one.type === 'file' ? [content(one)] : []));
  t.deepEqual(
    found.map((one) => one.kind === 'bytes' && Buffer.from(one.bytes).toString()),
    ['aaaaaa', 'ccc'],
  );
});

test('no index is read before somebody asks, and no content for the index', async (t) => {
  const asked: string[] = [];
  const asking = <T>(what: string, answer: T): T => {
    asked.push(what);
    return answer;
  };
  const watch = (layer: Layer): Layer => ({
    ...layer,
    index: () => asking('index', layer.index()),
    contents: () => asking('contents', layer.contents()),
  });
  const merged = mergeLayers(id('merged'), layersOf([[file('a', 1)], [file('b', 1)]]).map(watch));
  t.deepEqual(asked, []);
  await merged.index();
  await merged.index();
  t.deepEqual(asked, ['index', 'index']);
});

test('a failure to read a layer is told each time, and not remembered', async (t) => {
  let isBroken = true;
  const [layer] = layersOf([[file('a', 1)]]) as [Layer];
  const index = async () => {
    if (isBroken) throw new Error('unreadable');
    return await layer.index();
  };
  const merged = mergeLayers(id('merged'), [{ ...layer, index }, ...layersOf([[file('b', 1)]])]);
  await t.throwsAsync(merged.index(), { message: 'unreadable' });
  isBroken = false;
  t.deepEqual(lines(await merged.index()), ['file a', 'file b']);
});

/** Numbers that are the same at each run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A layer with anything anywhere: few names, so that layers meet. */
function randomLayer(next: (below: number) => number): readonly Entry[] {
  const name = () => 'abc'[next(3)] ?? 'a';
  const path = () => Array.from({ length: 1 + next(3) }, name).join('/');
  const make = [file, file, dir, dir, symlink] as const;
  const entries = Array.from({ length: 1 + next(5) }, (): Entry => {
    const kind = next(8);
    if (kind === 0) return whiteout(path());
    if (kind === 1) return opaque(path());
    const one = make[next(make.length)] ?? file;
    return one === symlink ? symlink(path(), 'x') : (one as typeof file)(path(), 1 + next(4));
  });
  const first = entries.find(({ type }) => type === 'file');
  return first !== undefined && next(3) === 0 ? [...entries, link('z', first.path)] : entries;
}

async function extracted(t: ExecutionContext, layers: readonly Layer[]): Promise<LayerIndex> {
  const root = join(temporaryDir(t), 'root');
  mkdirSync(root);
  for (const layer of layers) await extractLayer(await layer.index(), await layer.contents(), root, { whiteouts: 'apply' });
  return (await scanDirectory(root)).slice(1);
}

/** Directories that no layer mentions get attributes of their own from each way. */
const timeless = (index: LayerIndex): readonly unknown[] =>
  [...index].map((one) => (one.type === 'directory' ? [one.type, one.path] : one));

const missing = whyMissing(['linux', 'root']);
(missing === undefined ? test : test.skip)(
  `a merged layer makes the same files as its layers, over anything${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async (t) => {
    for (let seed = 1; seed <= 150; seed++) {
      const next = numbers(seed);
      const stack = Array.from({ length: 4 }, () => normaliseIndex(withoutLostLinks(randomLayer(next))));
      const [below, ...above] = layersOf(stack) as [Layer, ...Layer[]];
      const merged = mergeLayers(id('merged'), above);
      const where = `seed ${seed}: ${JSON.stringify(stack.map(lines))}`;
      t.deepEqual(timeless(await extracted(t, [below, merged])), timeless(await extracted(t, [below, ...above])), where);
      const [trees, tree] = [await MergedTree.of([below, ...above]), await MergedTree.of([below, merged])];
      t.deepEqual(
        [...walk(tree, '')].map(({ path, type }) => [path, type]),
        [...walk(trees, '')].map(({ path, type }) => [path, type]),
        where,
      );
    }
  },
);

/** A link whose file did not survive in its own layer is no layer. */
function withoutLostLinks(entries: readonly Entry[]): readonly Entry[] {
  try {
    normaliseIndex(entries);
    return entries;
  } catch {
    return entries.filter(({ type }) => type !== 'hardlink');
  }
}
