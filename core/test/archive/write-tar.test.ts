import { execFileSync } from 'node:child_process';
import { appendFileSync, lstatSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { allocChunk, DirectoryTree, type Entry, type LayerIndex, releaseChunk, tarSize, withOffsets, writeTar } from '@varve/core/archive';
import test from 'ava';
import { extract } from 'tar-stream';
import {
  chunksOf,
  collect,
  contentsOf,
  dir,
  file,
  hardlink,
  indexOf,
  link,
  makeTemp,
  opaque,
  readable,
  tarOf,
  whiteout,
} from './helpers.ts';

const LONG = `${'d'.repeat(120)}/${'n'.repeat(90)}`;
const TOO_LONG = 'n'.repeat(200);
const BIG = 9 * 1024 ** 3;

const ALL: readonly Entry[] = [
  dir(''),
  whiteout('gone'),
  dir('a'),
  opaque('a'),
  file('a/file', 'a/file', { mode: 0o4755, uid: 1000, gid: 3_000_000, mtime: { seconds: -2, nanoseconds: 500_000_000 } }),
  hardlink('a/hard', 'a/file'),
  file('caps', 'caps', { xattrs: { 'security.capability': '\x01\x00\x00\x02\x80\xff\x00', 'user.a=b%': 'é\n' } }),
  { ...dir('char'), type: 'char', major: 1, minor: 3 },
  dir('d'.repeat(120)),
  file(LONG, LONG),
  file(TOO_LONG, TOO_LONG),
  { ...dir('pipe'), type: 'fifo' },
  link('short', '/etc/passwd'),
  link('sym', 't'.repeat(150)),
  file('\udcff\u00e9', 'xyzzy'),
];

/** A name that is not UTF-8 has no text of its own. */
const NAMELESS: Readonly<Record<string, string>> = { '\udcff\u00e9': 'xyzzy' };
const tarAll = (index: LayerIndex = ALL): Promise<Buffer> => tarOf(index, contentsOf(NAMELESS));

test('a tar that was written reads as its index', async (t) => {
  t.deepEqual(await indexOf(await tarAll()), [...withOffsets(ALL)]);
});

test('the size of a tar is known before it is written', async (t) => {
  t.is(tarSize(ALL), (await tarAll()).length);
});

test('offsets say where contents start', async (t) => {
  const tar = await tarAll();
  for (const entry of [...withOffsets(ALL)]) {
    if (entry.type !== 'file') continue;
    t.deepEqual(tar.subarray(entry.offset, (entry.offset ?? 0) + entry.size), Buffer.from(NAMELESS[entry.path] ?? entry.path));
  }
});

test('equal layers give equal bytes', async (t) => {
  t.deepEqual(await tarAll(), await tarAll(structuredClone(ALL)));
});

test('what ustar can say is said without extended headers', async (t) => {
  const tar = await tarOf([dir('a'), file('a/b', 'x'), file(LONG, 'x')], () => ({ kind: 'bytes', bytes: Buffer.from('x') }));
  t.is(tar.length, 512 * (1 + 2 + 2 + 2));
});

test('GNU tar lists the same names, modes, owners and times', async (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/x.tar`, await tarAll());
  const listed = execFileSync('tar', ['--numeric-owner', '--full-time', '-tvf', `${root}/x.tar`], {
    env: { TZ: 'UTC', PATH: process.env.PATH },
    encoding: 'utf8',
  });
  t.regex(listed, /^drwxr-xr-x 0\/0 +0 2023-11-14 22:13:20 \.\/$/m);
  t.regex(listed, /^-rwsr-xr-x 1000\/3000000 +6 \S+ \S+ a\/file$/m);
  t.regex(listed, /^hrwsr-xr-x 1000\/3000000 +0 \S+ \S+ a\/hard link to a\/file$/m);
  t.regex(listed, /^crw\S+ 0\/0 +1,3 .* char$/m);
  t.regex(listed, /^prw.* pipe$/m);
  t.regex(listed, new RegExp(`^l.* sym -> ${'t'.repeat(150)}$`, 'm'));
  t.true(listed.includes(LONG) && listed.includes(TOO_LONG));
  t.true(listed.includes('a/.wh..wh..opq') && / \.wh\.gone$/m.test(listed));
});

test('GNU tar extracts times before 1970 to the nanosecond', async (t) => {
  const root = makeTemp(t);
  const mtime = { seconds: -2, nanoseconds: 123_456_789 };
  writeFileSync(`${root}/x.tar`, await tarOf([file('f', 'f', { mtime })]));
  execFileSync('tar', ['--warning=no-timestamp', '-xf', `${root}/x.tar`, '-C', root]);
  t.is(lstatSync(`${root}/f`, { bigint: true }).mtimeNs, -1_876_543_211n);
});

test('tar-stream reads the same headers and contents', async (t) => {
  const found = new Map<string, object>();
  const entries = extract();
  entries.on('entry', (header, body, next) => {
    buffer(body).then((bytes) => {
      found.set(header.name, { ...header, body: bytes.toString() });
      next();
    }, next);
  });
  await pipeline(readable(await tarOf(ALL.filter(({ path }) => path.isWellFormed()))), entries);
  t.like(found.get('a/file'), { type: 'file', mode: 0o4755, uid: 1000, size: 6, body: 'a/file' });
  t.like(found.get('a/hard'), { type: 'link', linkname: 'a/file' });
  t.like(found.get(TOO_LONG), { type: 'file', body: TOO_LONG });
  t.like(found.get('char'), { type: 'character-device', devmajor: 1, devminor: 3 });
});

test('sizes above 8 GiB are said in an extended header', async (t) => {
  const [entry] = withOffsets([file('big', '', { size: BIG })]);
  const chunks = writeTar([file('big', '', { size: BIG })], () => ({ kind: 'range', file: '/dev/zero', offset: 0, length: BIG }));
  const first = await chunks.next();
  await chunks.return();
  t.is(tarSize([file('big', '', { size: BIG })]), 512 * 3 + BIG + 1024);
  t.is((entry as { offset: number }).offset, 512 * 3);
  t.true(Buffer.from(first.value ?? []).includes(`size=${BIG}\n`));
});

const refuses = test.macro({
  async exec(t, entry: Entry) {
    await t.throwsAsync(tarOf([entry]), { code: 'LAYER_WHITEOUT_NAME' });
  },
  title: (_, entry: Entry) => `a file that is really called ${entry.path} is refused`,
});
test(refuses, file('.wh.a'));
test(refuses, file('d/.wh.a'));
test(refuses, dir('.wh..wh..opq'));
test(refuses, file('.wh.d/a'));

test('contents come in large chunks, many small files in one', async (t) => {
  const files = Array.from({ length: 5000 }, (_, i) => file(`f${String(i).padStart(4, '0')}`, 'fxxxx'));
  const sizes: number[] = [];
  for await (const chunk of writeTar(files, contentsOf())) sizes.push(chunk.length);
  t.true(sizes.slice(0, -1).every((size) => size >= 256 * 1024));
});

async function changing(t: Parameters<typeof makeTemp>[0], change: (path: string) => void): Promise<void> {
  const root = makeTemp(t);
  writeFileSync(`${root}/f`, 'before');
  const tree = new DirectoryTree(root);
  const index = [tree.get('f')].filter((entry) => entry !== undefined);
  change(`${root}/f`);
  await collect(writeTar(index, (entry) => tree.content(entry)));
}

test('a source file that grew is noticed', async (t) => {
  await t.throwsAsync(
    changing(t, (path) => appendFileSync(path, '!')),
    { code: 'SOURCE_CHANGED' },
  );
});

test('a source file with other bytes and the old time is noticed', async (t) => {
  const change = (path: string): void => {
    const past = new Date(1e12);
    writeFileSync(path, 'after!');
    utimesSync(path, past, past);
  };
  await t.throwsAsync(changing(t, change), { code: 'SOURCE_CHANGED' });
});

test('a source file that is shorter than its entry is noticed', async (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/f`, 'x');
  const content = () => ({ kind: 'range', file: `${root}/f`, offset: 0, length: 5 }) as const;
  await t.throwsAsync(tarOf([file('f', '12345')], content), { code: 'SOURCE_CHANGED' });
});

test('a content of another size than its entry is noticed', async (t) => {
  await t.throwsAsync(tarOf([file('f', '12345')], contentsOf({ f: '1' })), { code: 'SOURCE_CHANGED' });
});

test('ranges of one file are copied from their places', async (t) => {
  const root = makeTemp(t);
  mkdirSync(`${root}/d`);
  writeFileSync(`${root}/blob`, '0123456789');
  const places: Record<string, number> = { a: 2, b: 7 };
  const tar = await tarOf([file('a', 'xxx'), file('b', 'xxx')], ({ path }) => ({
    kind: 'range',
    file: `${root}/blob`,
    offset: places[path] ?? 0,
    length: 3,
  }));
  writeFileSync(`${root}/x.tar`, tar);
  execFileSync('tar', ['-xf', `${root}/x.tar`, '-C', `${root}/d`]);
  t.is(readFileSync(`${root}/d/a`, 'utf8') + readFileSync(`${root}/d/b`, 'utf8'), '234789');
});

test('writing ends when the signal says so', async (t) => {
  const abort = new AbortController();
  const tar = writeTar([file('big', '', { size: BIG })], () => ({ kind: 'range', file: '/dev/zero', offset: 0, length: BIG }), abort);
  await tar.next();
  abort.abort(new Error('enough'));
  await t.throwsAsync(tar.next(), { message: 'enough' });
});

test('chunks of any size give the same index', async (t) => {
  const tar = await tarAll();
  for (const size of [1, 7, 511, 512, 513, 4096]) t.deepEqual(await indexOf(tar, size), [...withOffsets(ALL)], `${size}`);
  t.deepEqual(await collect(chunksOf(tar, 7)), tar);
});

test('the memory of a chunk that is given up is used again, once; what others made stays theirs', (t) => {
  const chunk = allocChunk(100_000);
  const others = Buffer.from('mine');
  for (const one of [chunk, chunk, others]) releaseChunk(one);
  const [second, third] = [allocChunk(110_000), allocChunk(110_000)];
  t.is(second.buffer, chunk.buffer);
  t.not(third.buffer, chunk.buffer);
  t.deepEqual([second.length, third.length], [110_000, 110_000]);
  t.is(others.toString(), 'mine');
});
