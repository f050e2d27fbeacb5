import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decompress, detectCompression } from '@varve/core/archive';
import test from 'ava';
import { chunksOf, collect } from './helpers.ts';

const PLAIN = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `line ${i * 7919}\n`).join(''));
const by = (program: string, bytes: Buffer = PLAIN): Buffer => execFileSync(program, ['-c'], { input: bytes, maxBuffer: 1e9 });
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const unpacks = test.macro({
  async exec(t, _: string, packed: () => Buffer, plain: Buffer = PLAIN) {
    const bytes = packed();
    for (const size of [1021, 65_536, bytes.length]) t.true((await collect(decompress(chunksOf(bytes, size)))).equals(plain), `${size}`);
  },
  title: (_, claim: string) => claim,
});
test(unpacks, 'plain bytes pass', () => PLAIN);
test(unpacks, 'gzip is unpacked', () => gzipSync(PLAIN));
test(unpacks, 'gzip of several members is unpacked', () => Buffer.concat([gzipSync(PLAIN.subarray(0, 99)), gzipSync(PLAIN.subarray(99))]));
test(unpacks, 'zstd is unpacked', () => zstdCompressSync(PLAIN));
test(unpacks, 'zstd of several frames is unpacked', () =>
  Buffer.concat([zstdCompressSync(PLAIN.subarray(0, 99)), zstdCompressSync(PLAIN.subarray(99))]),
);
test(unpacks, 'zstd that begins with a skippable frame is unpacked', () => Buffer.concat([skippable, zstdCompressSync(PLAIN)]));
test(unpacks, 'bzip2 is unpacked', () => by('bzip2'));
test(unpacks, 'xz is unpacked', () => by('xz'));
test(unpacks, 'nothing is nothing', () => Buffer.alloc(0), Buffer.alloc(0));
test(unpacks, 'a few bytes pass', () => Buffer.from('BZ'), Buffer.from('BZ'));

const isCorrupt = test.macro({
  async exec(t, _: string, packed: () => Buffer) {
    await t.throwsAsync(collect(decompress(chunksOf(packed(), 65_536))), { code: 'COMPRESSION_CORRUPT' });
  },
  title: (_, claim: string) => claim,
});
const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 100);
const spoilt = (bytes: Buffer): Buffer => bytes.map((byte, i) => (i > 100 && i < 200 ? 0xaa : byte)) as Buffer;
test(isCorrupt, 'gzip that is cut off is corrupt', () => cut(gzipSync(PLAIN)));
test(isCorrupt, 'gzip with wrong bytes is corrupt', () => spoilt(gzipSync(PLAIN)));
test(isCorrupt, 'zstd that is cut off is corrupt', () => cut(zstdCompressSync(PLAIN)));
test(isCorrupt, 'bzip2 that is cut off is corrupt', () => cut(by('bzip2')));
test(isCorrupt, 'xz that is cut off is corrupt', () => cut(by('xz')));

test("an error of the source is the source's own", async (t) => {
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield gzipSync(PLAIN).subarray(0, 1000);
    throw new Error('connection lost');
  };
  await t.throwsAsync(collect(decompress(failing())), { message: 'connection lost' });
});

test('a consumer that has enough closes the source', async (t) => {
  let isClosed = false;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield gzipSync(PLAIN);
    } finally {
      isClosed = true;
    }
  };
  for await (const _ of decompress(endless())) break;
  await new Promise((done) => setTimeout(done, 20));
  t.true(isClosed);
});

test('unpacking ends when the signal says so', async (t) => {
  const abort = new AbortController();
  const bytes = decompress(chunksOf(gzipSync(PLAIN), 1000), { signal: abort.signal });
  await bytes.next();
  abort.abort(new Error('enough'));
  await t.throwsAsync(collect(bytes), { message: 'enough' });
});

test.serial('a program that is missing is named', async (t) => {
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  try {
    const bytes = Buffer.from('fd377a585a000004', 'hex');
    await t.throwsAsync(collect(decompress(chunksOf(bytes))), { code: 'COMPRESSION_UNAVAILABLE', message: /xz/ });
  } finally {
    process.env.PATH = path;
  }
});

test('a compression is told by its first bytes', (t) => {
  t.deepEqual(
    ['1f8b08', '28b52ffd', '5a2a4d18', '425a6839', 'fd377a585a00', '', '1f8b', '75737461'].map((hex) =>
      detectCompression(Buffer.from(hex, 'hex')),
    ),
    ['gzip', 'zstd', 'zstd', 'bzip2', 'xz', 'none', 'none', 'none'],
  );
});
