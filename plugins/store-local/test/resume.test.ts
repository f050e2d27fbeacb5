import { appendFileSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { asDiffID, asLayerID, digestOf, hexOf, MEDIA_TYPES } from '@varve/core/image';
import { entry, fixtureLayer, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { LocalStore } from '../src/local-store.ts';

const layer = fixtureLayer(asLayerID(digestOf('resume')), [entry.dir('etc'), entry.file('etc/big', 900_000)]);
const chunks: Uint8Array[] = [];
for await (const chunk of layer.tar()) chunks.push(Buffer.from(chunk));
const TAR = Buffer.concat(chunks);
const BLOB = gzipSync(TAR, { level: 0 });
const EXPECTED = {
  mediaType: MEDIA_TYPES.layerGzip,
  digest: digestOf(BLOB),
  size: BLOB.length,
  diffId: asDiffID(digestOf(TAR)),
};

/** A source that tells from where it was asked, and breaks off where it is told to. */
function source(end = BLOB.length, bytes: Uint8Array = BLOB) {
  const asked: number[] = [];
  async function* from(offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    asked.push(offset);
    for (let at = offset; at < end; at += 50_000) yield Uint8Array.prototype.slice.call(bytes, at, Math.min(at + 50_000, end));
    if (end < bytes.length) throw new Error('line cut');
  }
  return { asked, from };
}

function open(t: ExecutionContext, dir: string): LocalStore {
  const store = new LocalStore(dir);
  t.teardown(() => store[Symbol.asyncDispose]());
  return store;
}
const partOf = (dir: string) => join(dir, 'tmp', `part-${hexOf(EXPECTED.digest)}`);

/** A store in which a download was cut off. */
async function cut(t: ExecutionContext, end: number): Promise<string> {
  const dir = temporaryDir(t);
  await t.throwsAsync(open(t, dir).layers.ingest(source(end).from, EXPECTED), { message: 'line cut' });
  return dir;
}

test('what came before the line was cut is not asked for again', async (t) => {
  const dir = await cut(t, 600_000);
  const kept = statSync(partOf(dir)).size;
  const again = source();
  const found = await open(t, dir).layers.ingest(again.from, EXPECTED);
  t.deepEqual(again.asked, [kept]);
  t.is(kept, 600_000);
  t.is((await found.index()).length, 2);
});

test('afterwards nothing is left but the blob', async (t) => {
  const dir = await cut(t, 600_000);
  await open(t, dir).layers.ingest(source().from, EXPECTED);
  t.deepEqual(readdirSync(join(dir, 'tmp')), []);
});

const damaged = test.macro({
  async exec(t, damage: (part: string) => void) {
    const dir = await cut(t, 600_000);
    damage(partOf(dir));
    const again = source();
    const found = await open(t, dir).layers.ingest(again.from, EXPECTED);
    t.is(again.asked.at(-1), 0);
    t.is(await found.diffId(), EXPECTED.diffId);
  },
  title: (name) => `a part that is ${name} is thrown away, and everything is asked for`,
});
test('damaged', damaged, (part) => writeFileSync(part, Buffer.alloc(600_000, 1)));
test('too long', damaged, (part) => appendFileSync(part, Buffer.alloc(2_000_000)));
test('as long, but another', damaged, (part) => writeFileSync(part, Buffer.alloc(BLOB.length, 7)));

test('a part that is whole needs no source', async (t) => {
  const dir = await cut(t, 600_000);
  writeFileSync(partOf(dir), BLOB);
  const again = source();
  await open(t, dir).layers.ingest(again.from, EXPECTED);
  t.deepEqual(again.asked, []);
});

test('a source that goes on with other bytes fails after it was asked for everything once more', async (t) => {
  const dir = await cut(t, 600_000);
  const other = source(BLOB.length, Buffer.alloc(BLOB.length, 7));
  await t.throwsAsync(open(t, dir).layers.ingest(other.from, EXPECTED), { code: 'BLOB_MISMATCH' });
  t.deepEqual(other.asked, [600_000, 0]);
  t.false(existsSync(partOf(dir)));
});

test('of two who want the same blob at once, one asks for it', async (t) => {
  const dir = temporaryDir(t);
  const [one, two] = [source(), source()];
  const found = await Promise.all([open(t, dir).layers.ingest(one.from, EXPECTED), open(t, dir).layers.ingest(two.from, EXPECTED)]);
  t.is(one.asked.length + two.asked.length, 1);
  for (const layer of found) t.is((await layer.index()).length, 2);
});

test('who waits for another can stop waiting', async (t) => {
  const dir = temporaryDir(t);
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Uint8Array, void, undefined> {
    started.resolve();
    await end.promise;
    yield BLOB;
  }
  const first = open(t, dir).layers.ingest(() => slow(), EXPECTED);
  await started.promise;
  const abort = new AbortController();
  const second = open(t, dir).layers.ingest(source().from, { ...EXPECTED, signal: abort.signal });
  abort.abort(new Error('enough'));
  const failure = await t.throwsAsync(second);
  t.true(failure?.message === 'enough' || (failure?.cause as Error | undefined)?.message === 'enough');
  end.resolve();
  t.is(await (await first).diffId(), EXPECTED.diffId);
});
