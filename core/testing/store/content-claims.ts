import { readFileSync, writeFileSync } from 'node:fs';
import { digestOf } from '../../image/index.ts';
import type { ContentStore } from '../../src/index.ts';
import type { StoreClaim } from '../store-contract.ts';
import { broken, collectBytes, inPieces } from './streams.ts';

const TEXT = Buffer.from('some bytes that are kept');
const LARGE = Buffer.alloc(3_000_001, 'abcdefg');

export function contentClaims(claim: StoreClaim<ContentStore>): void {
  claim('what was written is read back under its digest', async (t, { store }) => {
    const written = await store.write(inPieces(LARGE, 70_000));
    t.deepEqual(written, { digest: digestOf(LARGE), size: LARGE.length });
    t.deepEqual(await collectBytes(store.read(written.digest)), LARGE);
  });

  claim('bytes at hand are written like a stream', async (t, { store }) => {
    t.deepEqual(await store.write(TEXT), { digest: digestOf(TEXT), size: TEXT.length });
    t.deepEqual(Buffer.from(await store.readAll(digestOf(TEXT))), TEXT);
  });

  claim('what is written under its sha512 is kept, listed and read under that', async (t, { store, again }) => {
    const digest = digestOf(LARGE, 'sha512');
    t.deepEqual(await store.write(inPieces(LARGE, 70_000), { digest }), { digest, size: LARGE.length });
    t.deepEqual(await store.write(LARGE, { digest }), { digest, size: LARGE.length });
    const other = await again();
    t.deepEqual(await collectBytes(other.read(digest)), LARGE);
    t.is(await other.size(digestOf(LARGE)), undefined);
    for await (const listed of other.list()) t.deepEqual(listed, { digest, size: LARGE.length });
    await t.throwsAsync(store.write(TEXT, { digest: digestOf('other', 'sha512') }), { code: 'BLOB_MISMATCH' });
    await store.remove(digest);
    t.is(await other.size(digest), undefined);
  });

  claim('an empty blob is a blob', async (t, { store }) => {
    const { digest } = await store.write(inPieces(new Uint8Array(0)));
    t.is(await store.size(digest), 0);
    t.deepEqual(await collectBytes(store.read(digest)), Buffer.alloc(0));
  });

  claim('another process sees a blob at once', async (t, { store, again }) => {
    const { digest } = await store.write(TEXT);
    const other = await again();
    t.is(await other.size(digest), TEXT.length);
    t.deepEqual(Buffer.from(await other.readAll(digest)), TEXT);
  });

  claim('the path of a blob is a file that holds it', async (t, { store }) => {
    const { digest } = await store.write(TEXT);
    t.deepEqual(readFileSync(store.path(digest)), TEXT);
  });

  claim('a part of a blob can be read', async (t, { store }) => {
    const { digest } = await store.write(LARGE);
    t.deepEqual(await collectBytes(store.read(digest, { offset: 1_000_000, length: 900_000 })), LARGE.subarray(1_000_000, 1_900_000));
    t.deepEqual(await collectBytes(store.read(digest, { offset: 2_999_999 })), LARGE.subarray(2_999_999));
    t.deepEqual(await collectBytes(store.read(digest, { offset: LARGE.length + 1 })), Buffer.alloc(0));
  });

  claim('a blob that is not there has no size and cannot be read', async (t, { store }) => {
    t.is(await store.size(digestOf('none')), undefined);
    await t.throwsAsync(collectBytes(store.read(digestOf('none'))), { code: 'BLOB_UNKNOWN' });
    await t.throwsAsync(store.readAll(digestOf('none')), { code: 'BLOB_UNKNOWN' });
  });

  const unexpected = [
    ['another digest', { digest: digestOf('other') }],
    ['another digest, though one of this size', { digest: digestOf('other'), size: TEXT.length }],
    ['more bytes than expected', { size: TEXT.length - 1 }],
    ['fewer bytes than expected', { size: TEXT.length + 1 }],
    ['another size than expected, though the digest is right', { digest: digestOf(TEXT), size: 7 }],
  ] as const;
  for (const [what, expected] of unexpected)
    claim(`${what}: refused, and nothing is kept`, async (t, { store }) => {
      await t.throwsAsync(store.write(inPieces(TEXT, 5), expected), { code: 'BLOB_MISMATCH' });
      await t.throwsAsync(store.write(TEXT, expected), { code: 'BLOB_MISMATCH' });
      t.deepEqual(await listed(store), []);
    });

  claim('a stream that breaks leaves nothing, and its own error', async (t, { store }) => {
    await t.throwsAsync(store.write(broken(LARGE, new Error('line cut'))), { message: 'line cut' });
    t.deepEqual(await listed(store), []);
  });

  claim('an aborted write leaves nothing', async (t, { store }) => {
    const abort = new AbortController();
    const slow = async function* () {
      yield TEXT;
      abort.abort(new Error('enough'));
      yield TEXT;
    };
    await t.throwsAsync(store.write(slow(), { signal: abort.signal }), { message: 'enough' });
    t.deepEqual(await listed(store), []);
  });

  claim('writing what is there already is fine, also at once', async (t, { store, again }) => {
    const other = await again();
    const writes = [store, other, store, other].map((one) => one.write(inPieces(LARGE, 90_000)));
    for (const { digest } of await Promise.all(writes)) t.is(digest, digestOf(LARGE));
    t.deepEqual(await listed(store), [digestOf(LARGE)]);
  });

  claim('a blob whose bytes changed on disk is reported when it is read whole', async (t, { store }) => {
    for (const blob of [TEXT, LARGE]) {
      const { digest } = await store.write(blob);
      const damaged = Buffer.from(blob);
      damaged[blob.length - 1] = 0;
      writeFileSync(store.path(digest), damaged);
      const error = await t.throwsAsync(collectBytes(store.read(digest)), { code: 'BLOB_CORRUPT' });
      t.truthy((error as { hint?: string }).hint);
      await t.throwsAsync(store.readAll(digest), { code: 'BLOB_CORRUPT' });
    }
  });

  claim('a blob that lost its end is reported', async (t, { store }) => {
    const { digest } = await store.write(TEXT);
    writeFileSync(store.path(digest), TEXT.subarray(0, 10));
    await t.throwsAsync(store.readAll(digest), { code: 'BLOB_CORRUPT' });
  });

  claim('a damaged blob is whole again after it was written again', async (t, { store }) => {
    const { digest } = await store.write(TEXT);
    writeFileSync(store.path(digest), Buffer.alloc(TEXT.length));
    await t.throwsAsync(store.readAll(digest), { code: 'BLOB_CORRUPT' });
    await store.write(inPieces(TEXT), { digest, size: TEXT.length });
    t.deepEqual(Buffer.from(await store.readAll(digest)), TEXT);
  });

  claim('a blob above the limit is not read into memory', async (t, { store }) => {
    const { digest } = await store.write(LARGE);
    await t.throwsAsync(store.readAll(digest, 1000), { code: 'BLOB_TOO_LARGE' });
    t.is((await store.readAll(digest, LARGE.length)).length, LARGE.length);
  });

  claim('blobs are listed in order, and not after they were removed', async (t, { store }) => {
    for (const text of ['a', 'b', 'c', 'd']) await store.write(Buffer.from(text));
    await store.remove(digestOf('b'));
    await store.remove(digestOf('b'));
    t.deepEqual(await listed(store), ['a', 'c', 'd'].map((text) => digestOf(text)).sort());
    t.is(await store.size(digestOf('b')), undefined);
  });
}

async function listed(store: ContentStore): Promise<readonly string[]> {
  const digests: string[] = [];
  for await (const { digest } of store.list()) digests.push(digest);
  return digests;
}
