import { createHash, randomBytes } from 'node:crypto';
import { allocChunk, openHashStream, releaseChunk } from '@varve/core/archive';
import test from 'ava';

const MEBIBYTE = 2 ** 20;

for (const [where, length] of [
  ['here', 1],
  ['beside', 64 * MEBIBYTE],
] as const) {
  test(`pieces of any length, hashed ${where}`, async (t) => {
    using stream = openHashStream(length);
    const expected = createHash('sha256');
    const piece = randomBytes(3 * MEBIBYTE + 17);
    for (const size of [1, 0, 4096, MEBIBYTE, piece.length, 5, 512 * 1024]) {
      expected.update(piece.subarray(0, size));
      await stream.update(piece.subarray(0, size));
    }
    t.is(await stream.digest(), expected.digest('hex'));
  });

  test(`bytes may change once an update is done, hashed ${where}`, async (t) => {
    using stream = openHashStream(length);
    const bytes = Buffer.alloc(MEBIBYTE);
    for (let i = 0; i < 20; i++) {
      bytes.fill(i);
      await stream.update(bytes);
    }
    const expected = createHash('sha256');
    for (let i = 0; i < 20; i++) expected.update(Buffer.alloc(MEBIBYTE, i));
    t.is(await stream.digest(), expected.digest('hex'));
  });

  test(`several at once, hashed ${where}, one of them given up`, async (t) => {
    const given = openHashStream(length);
    await given.update(randomBytes(5 * MEBIBYTE));
    const streams = Array.from({ length: 4 }, () => openHashStream(length));
    for (let i = 0; i < 8; i++) await Promise.all(streams.map((stream, number) => stream.update(Buffer.alloc(MEBIBYTE, number))));
    given[Symbol.dispose]();
    const digests = await Promise.all(streams.map((stream) => stream.digest()));
    t.deepEqual(
      digests,
      streams.map((_, number) =>
        createHash('sha256')
          .update(Buffer.alloc(8 * MEBIBYTE, number))
          .digest('hex'),
      ),
    );
  });
}

test('a chunk of shared memory is read where it is, and is free when both threads are done with it', async (t) => {
  using stream = openHashStream(64 * MEBIBYTE);
  const expected = createHash('sha256');
  const chunk = allocChunk(200_000, true).fill('shared');
  for (const bytes of [chunk, randomBytes(5), chunk]) {
    expected.update(bytes);
    await stream.update(bytes);
  }
  releaseChunk(chunk);
  const isFree = (): boolean => allocChunk(200_000, true).buffer === chunk.buffer;
  t.false(isFree());
  t.is(await stream.digest(), expected.digest('hex'));
  t.true(isFree());
});
