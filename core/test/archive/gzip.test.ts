import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { gzip } from '@varve/core/archive';
import test from 'ava';
import { chunksOf, collect } from './helpers.ts';

/** Of which the output is a function, too: at its borders mistakes would show. */
const BLOCK = 512 * 1024;
const TEXT = Buffer.from(Array.from({ length: 120_000 }, (_, i) => `line ${i * 7919}\n`).join(''));
const NOISE = randomBytes(2 * BLOCK);
const zip = (bytes: Buffer, parallel?: number, chunk = 65_536): Promise<Buffer> =>
  collect(gzip(chunksOf(bytes, chunk), parallel === undefined ? {} : { parallel }));

const comesBack = test.macro({
  async exec(t, _: string, plain: Buffer) {
    const packed = await zip(plain);
    t.true(gunzipSync(packed).equals(plain));
    t.true(execFileSync('gzip', ['-dc'], { input: packed, maxBuffer: 1e9 }).equals(plain));
  },
  title: (_, what: string) => `gzip reads what became of ${what}`,
});
test(comesBack, 'nothing', Buffer.alloc(0));
test(comesBack, 'one byte', Buffer.from('a'));
test(comesBack, 'a block less one byte', TEXT.subarray(0, BLOCK - 1));
test(comesBack, 'a block', TEXT.subarray(0, BLOCK));
test(comesBack, 'a block and one byte', TEXT.subarray(0, BLOCK + 1));
test(comesBack, 'many blocks', TEXT);
test(comesBack, 'random bytes', NOISE);
test(comesBack, 'random bytes between text', Buffer.concat([TEXT.subarray(0, BLOCK + 777), NOISE, TEXT]));

test('equal input gives equal bytes on 1, 2 and 8 threads and in any chunks', async (t) => {
  const plain = Buffer.concat([TEXT, NOISE, TEXT]);
  const first = await zip(plain, 1);
  for (const parallel of [2, 8, undefined]) t.true((await zip(plain, parallel)).equals(first), `${parallel}`);
  for (const chunk of [4093, BLOCK, plain.length]) t.true((await zip(plain, 2, chunk)).equals(first), `${chunk}`);
});

test('the output is one member without name and time, of no known system', async (t) => {
  const packed = await zip(TEXT);
  t.deepEqual([...packed.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  t.is(packed.readUInt32LE(packed.length - 4), TEXT.length);
});

test('blocks know what was in the one before', async (t) => {
  const noise = NOISE.subarray(0, 16 * 1024);
  const repeated = Buffer.concat(Array.from({ length: 96 }, () => noise));
  t.true((await zip(repeated)).length < 2 * noise.length); // anew in each block it would be three times
});

test('what cannot become smaller grows by no more than a thousandth', async (t) => {
  t.true((await zip(NOISE)).length < NOISE.length * 1.001);
});

test('the source is not read far ahead of whoever takes the output', async (t) => {
  let read = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      read += 65_536;
      yield TEXT.subarray(0, 65_536);
    }
  };
  const output = gzip(endless(), { parallel: 2 });
  for (let i = 0; i < 3; i++) await output.next();
  t.true(read <= 6 * BLOCK, `${read} bytes`);
  await output.return();
});

test('whoever has enough closes the source', async (t) => {
  let isClosed = false;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield TEXT;
    } finally {
      isClosed = true;
    }
  };
  for await (const chunk of gzip(endless())) if (chunk.length > 10) break;
  t.true(isClosed);
});

test('a signal ends it, with its reason', async (t) => {
  const controller = new AbortController();
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (let i = 0; ; i++) {
      if (i === 5) controller.abort(new Error('enough'));
      yield TEXT;
    }
  };
  await t.throwsAsync(collect(gzip(endless(), { signal: controller.signal })), { message: 'enough' });
});

test("an error of the source is the source's own", async (t) => {
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield TEXT;
    throw new Error('connection lost');
  };
  await t.throwsAsync(collect(gzip(failing())), { message: 'connection lost' });
});
