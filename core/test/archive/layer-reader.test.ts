import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { VarveError } from '@varve/core';
import { decompress, type Entry, indexTar, type LayerReader, openLayerReader, writeTar } from '@varve/core/archive';
import test from 'ava';
import { chunksOf, collect, contentsOf, dir, file, hardlink, whiteout } from './helpers.ts';

const LARGE = 64 * 1024 * 1024;
const TEXT = Array.from({ length: 60_000 }, (_, i) => `line ${i * 7919}\n`).join('');
const ENTRIES: readonly Entry[] = [
  dir('d'),
  file('d/long', TEXT),
  file('d/\udcff', 'none', { xattrs: { 'user.x': '\xff' } }),
  hardlink('e', 'd/long'),
  whiteout('gone'),
];
const TAR = await collect(writeTar(ENTRIES, contentsOf({ 'd/long': TEXT, 'd/\udcff': 'none' })));

type Found =
  | { readonly hash: string; readonly size: number; readonly entries: readonly Entry[] }
  | Pick<VarveError, 'code' | 'message' | 'hint'>;

const found = (reading: Promise<Found>): Promise<Found> =>
  reading.catch((failure: unknown) => {
    if (!VarveError.is(failure)) throw failure;
    return { code: failure.code, message: failure.message, hint: failure.hint };
  });

async function readHere(blob: Buffer): Promise<Found> {
  const sum = createHash('sha256');
  const indexer = indexTar(decompress(chunksOf(blob, 65_536)));
  for await (const chunk of indexer) sum.update(chunk);
  return { hash: sum.digest('hex'), size: indexer.size, entries: [...indexer.index] };
}

async function readBeside(blob: Buffer, size: number): Promise<Found> {
  using reader = openLayerReader(LARGE) as LayerReader;
  for await (const chunk of chunksOf(blob, size)) await reader.update(chunk);
  const { index, ...read } = await reader.end();
  return { ...read, entries: [...index] };
}

const isTheSame = test.macro({
  async exec(t, _: string, blob: Buffer) {
    const here = await found(readHere(blob));
    for (const size of [1021, 65_536, blob.length]) t.deepEqual(await found(readBeside(blob, size)), here, `${size}`);
  },
  title: (_, what: string) => `a thread reads what this one does: ${what}`,
});
const zipped = gzipSync(TAR);
const members = [TAR.subarray(0, 700), TAR.subarray(700, 1400), TAR.subarray(1400)].map((part) => gzipSync(part));
test(isTheSame, 'a layer', zipped);
test(isTheSame, 'a layer of several members', Buffer.concat(members));
test(isTheSame, 'zeros behind it', Buffer.concat([zipped, Buffer.alloc(100_000)]));
test(isTheSame, 'something else behind it', Buffer.concat([zipped, Buffer.from('garbage')]));
test(
  isTheSame,
  'a bomb',
  gzipSync(await collect(writeTar([file('zeros', '\0'.repeat(50_000_000))], contentsOf({ zeros: '\0'.repeat(50_000_000) })))),
);
test(isTheSame, 'it is cut off', zipped.subarray(0, -100));
test(isTheSame, 'it is cut off in its head', zipped.subarray(0, 5));
test(isTheSame, 'its second member is cut off', Buffer.concat([zipped, zipped.subarray(0, 9)]));
test(isTheSame, 'wrong bytes', Buffer.from(zipped.map((byte, i) => (i > 100 && i < 200 ? 0xaa : byte))));
test(isTheSame, 'a wrong checksum', Buffer.from(zipped.map((byte, i) => (i === zipped.length - 8 ? byte ^ 1 : byte))));
test(isTheSame, 'no tar', gzipSync(TEXT));
test(isTheSame, 'a tar that is cut off', gzipSync(TAR.subarray(0, 5000)));
test(isTheSame, 'nothing', gzipSync(''));
test(
  isTheSame,
  'a link to nothing',
  gzipSync(TAR.map((byte, i) => (i >= TAR.indexOf('d/long') && i < TAR.indexOf('d/long') + 6 ? 0x78 : byte))),
);

test('what is wrong is told before the end', async (t) => {
  using reader = openLayerReader(LARGE) as LayerReader;
  const noise = Buffer.concat([zipped.subarray(0, 10), Buffer.alloc(4 << 20, 0xff)]);
  const pushing = (async () => {
    for (let i = 0; i < 10; i++) await reader.update(noise);
  })();
  await t.throwsAsync(pushing, { code: 'COMPRESSION_CORRUPT' });
});

test('several at once, one of them given up', async (t) => {
  const given = openLayerReader(LARGE) as LayerReader;
  await given.update(zipped.subarray(0, 1000));
  const reading = Array.from({ length: 4 }, () => readBeside(zipped, 50_000));
  given[Symbol.dispose]();
  const here = await readHere(zipped);
  for (const one of await Promise.all(reading)) t.deepEqual(one, here);
});

test('for little, no other thread is asked', (t) => {
  t.is(openLayerReader(1024), undefined);
});
