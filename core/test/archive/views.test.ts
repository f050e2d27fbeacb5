import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import {
  type Attributes,
  diffTrees,
  type Entry,
  type ExtractOptions,
  extractLayer,
  type LayerIndex,
  MergedTree,
  normaliseIndex,
  scanDirectory,
  upperChanges,
  walk,
} from '@varve/core/archive';
import type { Layer } from '@varve/core/image';
import { mount, unmount } from '@varve/core/system';
import { asRoot, contentsOf, dir, file, hardlink, link, makeTemp, opaque, whiteout } from './helpers.ts';

type Context = Parameters<typeof makeTemp>[0];

const layerOf = (entries: readonly Entry[]): Layer =>
  ({ index: async () => normaliseIndex(entries), contents: async () => contentsOf() }) as unknown as Layer; // no more of it is asked for

const LAYERS: readonly (readonly Entry[])[] = [
  [
    dir('', { mode: 0o755 }),
    dir('a', { mode: 0o1777, mtime: { seconds: 1, nanoseconds: 1 } }),
    file('a/f', 'a/f'),
    dir('a/g'),
    file('a/g/h', 'a/g/h'),
    dir('b'),
    file('b/f', 'b/f'),
    file('c', 'c'),
    link('lib', 'usr/lib'),
    file('x1', 'x1'),
    hardlink('x2', 'x1'),
  ],
  [whiteout('a/f'), file('a/n', 'a/n'), dir('b', { uid: 7 }), opaque('b'), file('b/m', 'b/m'), file('lib/new', 'lib/new'), whiteout('x1')],
  [
    file('a/f', 'a/f', { mode: 0o4711, uid: 3 }),
    whiteout('a/g'),
    dir('c'),
    file('c/d/e', 'c/d/e'),
    link('b/l', 'm'),
    whiteout('nope/nope'),
  ],
  [whiteout('b'), file('b/again', 'b/again'), opaque('c/d'), dir('a/g'), { ...dir('p'), type: 'fifo' }],
];

/** What a tree shows, whichever way it was made; hard links are files here. */
async function scanAsNodes(root: string): Promise<readonly Entry[]> {
  const index = await scanDirectory(root);
  return (await nodesOf([index])).slice(1);
}
async function nodesOf(indexes: readonly LayerIndex[]): Promise<readonly Entry[]> {
  return [...walk(await MergedTree.of(indexes.map((index) => layerOf([...index]))), '')];
}

const directoryIn =
  (tree: MergedTree) =>
  (path: string): Attributes | undefined => {
    const node = tree.get(path);
    return node?.type === 'directory' ? node : undefined;
  };

async function unpackAll(temp: string, whiteouts: ExtractOptions['whiteouts']): Promise<string[]> {
  const roots: string[] = [];
  for (const [i, layer] of LAYERS.entries()) {
    const below = await MergedTree.of(LAYERS.slice(0, i).map(layerOf));
    const root = whiteouts === 'apply' ? `${temp}/apply` : `${temp}/layer${i}`;
    if (whiteouts === 'overlay' || i === 0) mkdirSync(root);
    await extractLayer(layer, contentsOf(), root, { whiteouts, below: directoryIn(below) });
    roots.unshift(root);
  }
  return roots;
}

asRoot('merged indexes, layers unpacked into one directory and an overlay of layers show the same', async (t: Context) => {
  const temp = makeTemp(t);
  const merged = (await nodesOf(LAYERS.map((layer) => normaliseIndex(layer)))).slice(1);
  await unpackAll(temp, 'apply');
  t.deepEqual(await scanAsNodes(`${temp}/apply`), merged);
  const roots = await unpackAll(temp, 'overlay');
  mkdirSync(`${temp}/merged`);
  mount({ type: 'overlay', source: 'overlay', target: `${temp}/merged`, options: [`lowerdir=${roots.join(':')}`] });
  try {
    t.deepEqual(await scanAsNodes(`${temp}/merged`), merged);
  } finally {
    await unmount(`${temp}/merged`);
  }
});

/** A small generator with a seed: the same commands on every run. */
function* random(seed: number): Generator<number, never, undefined> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

const COMMANDS: readonly ((a: string, b: string) => string)[] = [
  (a) => `echo ${a} > ${a}`,
  (a) => `mkdir -p ${a}`,
  (a) => `rm -rf ${a}`,
  (a, b) => `mv -T ${a} ${b}`,
  (a) => `chmod 700 ${a}`,
  (a) => `chown -h 5 ${a}`,
  (a, b) => `ln -sfn ${b} ${a}`,
  (a, b) => `cp -aT ${a} ${b}`,
  (a) => `touch -h -d @1700000000 ${a}`,
  (a) => `setfattr -n user.a -v 1 ${a}`,
  (a, b) => `rm -rf ${a}; mkdir ${a}; cp -aT ${b} ${a}/copy`,
];
const NAMES = ['a', 'a/f', 'a/g', 'a/g/h', 'b', 'b/f', 'c', 'n', 'n/m', 'a/n', 'b/n'];

function script(seed: number): string {
  const numbers = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(numbers.next().value * list.length)] as T; // below the length
  return Array.from({ length: 12 }, () => `{ ${pick(COMMANDS)(pick(NAMES), pick(NAMES))}; } 2>/dev/null || true`).join('\n');
}

const NOW = 'now';
const withoutTimes = (index: readonly Entry[]): unknown[] =>
  index.map((entry) => ('mtime' in entry && entry.mtime.seconds > 1_700_000_000 ? { ...entry, mtime: NOW } : entry));

for (let seed = 1; seed <= 12; seed++) {
  asRoot(`whatever commands do (${seed}), overlay and copied tree give the same layer`, async (t: Context) => {
    const temp = makeTemp(t);
    const base = (LAYERS[0] ?? []).filter(({ path }) => !path.startsWith('x'));
    for (const name of ['lower', 'copy', 'upper', 'work', 'merged']) mkdirSync(`${temp}/${name}`);
    await extractLayer(base, contentsOf(), `${temp}/lower`, { whiteouts: 'apply' });
    execFileSync('cp', ['-aT', `${temp}/lower`, `${temp}/copy`]);
    writeFileSync(`${temp}/mark`, '');
    const options = [
      `lowerdir=${temp}/lower`,
      `upperdir=${temp}/upper`,
      `workdir=${temp}/work`,
      'redirect_dir=off',
      'metacopy=off',
      'index=off',
    ];
    mount({ type: 'overlay', source: 'overlay', target: `${temp}/merged`, options });
    try {
      for (const name of ['merged', 'copy']) execFileSync('sh', ['-c', script(seed)], { cwd: `${temp}/${name}` });
    } finally {
      await unmount(`${temp}/merged`);
    }
    const overlay = [...(await upperChanges(`${temp}/upper`, await MergedTree.of([layerOf(base)])))];
    const since = lstatSync(`${temp}/mark`, { bigint: true }).ctimeNs;
    const copied = [...(await diffTrees(`${temp}/lower`, `${temp}/copy`, { since }))];
    t.deepEqual(withoutTimes(overlay), withoutTimes(copied), script(seed));
  });
}
