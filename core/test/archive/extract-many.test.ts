import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { type Content, type Entry, extractLayer, type FileEntry, scanDirectory } from '@varve/core/archive';
import type { ExecutionContext } from 'ava';
import { asRoot, dir, file, hardlink, link, makeTemp } from './helpers.ts';

const COUNT = 3200;
const MODES = [0o644, 0o755, 0o600, 0o666, 0o4755, 0o2640, 0, 0o1777];

/** So many files that two threads write them; each has its number as its content, out of one file. */
function many(t: ExecutionContext): {
  readonly temp: string;
  readonly index: readonly Entry[];
  readonly content: (file: FileEntry) => Content;
} {
  const temp = makeTemp(t);
  writeFileSync(`${temp}/blob`, Array.from({ length: COUNT }, (_, i) => String(i).padStart(8)).join(''));
  const index: Entry[] = [dir('')];
  for (let i = 0; i < COUNT; i++) {
    const number = String(i).padStart(8, '0');
    if (i % 200 === 0) index.push(dir(number));
    const inside = index.findLast(({ type }) => type === 'directory')?.path ?? '';
    const owner = { uid: i % 7 === 0 ? 5 : 0, gid: i % 11 === 0 ? 6 : 0 };
    const mtime = { seconds: i, nanoseconds: (i * 7919) % 1e9 };
    const more = { mode: MODES[i % MODES.length], ...owner, mtime, size: 8, ...(i % 50 === 0 && { xattrs: { 'user.n': number } }) };
    index.push(file(`${inside}/${number}`, '', more as Partial<FileEntry>));
    if (i % 100 === 99) index.push(hardlink(`${inside}/${number}-again`, `${inside}/${number}`), link(`${inside}/${number}-link`, number));
  }
  const content = ({ path }: FileEntry): Content => ({
    kind: 'range',
    file: `${temp}/blob`,
    offset: Number(path.slice(-8)) * 8,
    length: 8,
  });
  mkdirSync(`${temp}/root`);
  return { temp, index, content };
}

const texts = (root: string, index: readonly Entry[]): readonly number[] =>
  index.flatMap(({ type, path }) => (type === 'file' ? [Number(readFileSync(`${root}/${path}`, 'utf8'))] : []));
const NUMBERS = Array.from({ length: COUNT }, (_, i) => i);

asRoot('many files are as the index says', async (t) => {
  const { temp, index, content } = many(t);
  await extractLayer(index, content, `${temp}/root`, { whiteouts: 'overlay' });
  t.deepEqual(await scanDirectory(`${temp}/root`), index);
  t.deepEqual(texts(`${temp}/root`, index), NUMBERS);
});

asRoot('many files have their own modes and owners, whatever the root gives to what is made in it', async (t) => {
  const { temp, index, content } = many(t);
  chownSync(`${temp}/root`, 0, 9);
  chmodSync(`${temp}/root`, 0o2777);
  const umask = process.umask(0o077);
  try {
    await extractLayer(index, content, `${temp}/root`, { whiteouts: 'overlay' });
  } finally {
    process.umask(umask);
  }
  t.deepEqual(await scanDirectory(`${temp}/root`), index);
});

asRoot('many files take the place of what is there, and follow nothing', async (t) => {
  const { temp, index, content } = many(t);
  const root = `${temp}/root`;
  const [first, second, third] = index.filter(({ type }) => type === 'file').map(({ path }) => `${root}/${path}`) as [
    string,
    string,
    string,
  ];
  mkdirSync(`${root}/00000000`);
  writeFileSync(`${temp}/secret`, 'secret');
  symlinkSync(`${temp}/secret`, first);
  mkdirSync(`${second}/deep`, { recursive: true });
  writeFileSync(third, 'old and longer than eight bytes', { mode: 0o777 });
  symlinkSync(temp, `${root}/00000200`);
  await extractLayer(index, content, root, { whiteouts: 'apply' });
  t.deepEqual(await scanDirectory(root), index);
  t.deepEqual(texts(root, index), NUMBERS);
  t.is(readFileSync(`${temp}/secret`, 'utf8'), 'secret');
});

asRoot('one of many that cannot be read is told, and nothing is written afterwards', async (t) => {
  const { temp, index, content } = many(t);
  truncateSync(`${temp}/blob`, 8 * (COUNT - 1));
  await t.throwsAsync(extractLayer(index, content, `${temp}/root`, { whiteouts: 'overlay' }), { code: 'SOURCE_CHANGED' });
  const { ctimeNs } = lstatSync(`${temp}/root`, { bigint: true });
  await new Promise((done) => setTimeout(done, 50));
  t.is(lstatSync(`${temp}/root`, { bigint: true }).ctimeNs, ctimeNs);
});
