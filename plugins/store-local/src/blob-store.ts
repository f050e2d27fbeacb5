import { createHash } from 'node:crypto';
import { closeSync, fdatasync, fstatSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type ContentStore, VarveError } from '@varve/core';
import { allocChunk } from '@varve/core/archive';
import { type Abortable, algorithmOf, type Digest, digestFromHex, digestOf, isDigest } from '@varve/core/image';
import { BlobWriter, type Expected } from './blob-writer.ts';
import { onStore, onStoreAsync, storeFailure } from './failures.ts';
import type { StoreRoot } from './store-root.ts';

const CHUNK = 256 * 1024;
const SMALL = 8 << 20;
/** Flushes that are under way at once: as many as Node's pool has threads. */
const FLUSHES = 4;

/**
 * Blobs as files. What a process wrote survives its death; only a machine that loses power can lose it. So nothing is flushed while a
 * build runs: whoever looks for a layer compares its size, and a blob that was lost counts as absent. `flush` comes before the
 * transaction that makes an image visible, once for all of its blobs, so that no image outlives its content.
 */
export class BlobStore implements ContentStore {
  readonly #root: StoreRoot;
  readonly #unflushed = new Set<Digest>();

  constructor(root: StoreRoot) {
    this.#root = root;
  }

  async size(digest: Digest): Promise<number | undefined> {
    return this.sizeNow(digest);
  }

  /** The same at once: trees of layers are looked up in batches. */
  sizeNow(digest: Digest): number | undefined {
    return onStore(this.#root.path, () => statSync(this.path(digest), { throwIfNoEntry: false })?.size);
  }

  path(digest: Digest): string {
    return this.#root.blob(digest);
  }

  async *read(
    digest: Digest,
    { offset = 0, length, signal }: Abortable & { readonly offset?: number; readonly length?: number } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    await using blob = await this.#open(digest);
    const end = Math.min(blob.size, length === undefined ? blob.size : offset + length);
    const sha = offset === 0 && length === undefined ? createHash(algorithmOf(digest)) : undefined;
    for (let at = offset; at < end; ) {
      signal?.throwIfAborted();
      const chunk = await readAt(blob.file, at, Math.min(CHUNK, end - at));
      if (chunk.length === 0) throw this.#corrupt(digest, `it ended after ${at} of ${blob.size} bytes`);
      sha?.update(chunk);
      at += chunk.length;
      yield chunk;
    }
    const found = sha === undefined ? digest : digestFromHex(sha.digest('hex'));
    if (found !== digest) throw this.#corrupt(digest, `its digest is ${found}`);
  }

  /** Small ones, which is what is asked for whole, are read at once: that is cheaper than one promise of Node's for files. */
  async readAll(digest: Digest, limit = SMALL): Promise<Uint8Array> {
    using blob = this.#openNow(digest);
    if (blob.size > limit) throw new VarveError('BLOB_TOO_LARGE', `Expected at most ${limit} bytes in blob ${digest}, found ${blob.size}`);
    const bytes = Buffer.allocUnsafeSlow(blob.size);
    let at = 0;
    for (let read = -1; at < bytes.length && read !== 0; at += read) read = readSync(blob.fd, bytes, at, bytes.length - at, at);
    const found = digestOf(bytes.subarray(0, at), algorithmOf(digest));
    if (found !== digest) throw this.#corrupt(digest, `its digest is ${found}`);
    return bytes;
  }

  async write(
    source: AsyncIterable<Uint8Array> | Uint8Array,
    expected: Abortable & Expected = {},
  ): Promise<{ readonly digest: Digest; readonly size: number }> {
    expected.signal?.throwIfAborted();
    const there = this.#find(source, expected);
    if (there !== undefined) return there;
    await using writer = this.writer(expected);
    await writer.writeAll(source instanceof Uint8Array ? chunksOf(source) : source, expected.signal);
    return { digest: await this.keep(writer), size: writer.size };
  }

  /** What is there already needs no second look at the source, as long as it has the size it should have. */
  #find(
    source: AsyncIterable<Uint8Array> | Uint8Array,
    expected: Expected,
  ): { readonly digest: Digest; readonly size: number } | undefined {
    const bytes = source instanceof Uint8Array ? source : undefined;
    const digest = bytes === undefined ? expected.digest : digestOf(bytes, algorithmOf(expected.digest));
    if (digest === undefined || (expected.digest ?? digest) !== digest) return undefined;
    const size = this.sizeNow(digest);
    const fits = size === (bytes?.length ?? size) && size === (expected.size ?? size);
    return size !== undefined && fits ? { digest, size } : undefined;
  }

  /** A blob to be written piece by piece and then given to `keep`. */
  writer(expected?: Expected, part?: string): BlobWriter {
    return new BlobWriter(this.#root, expected, part);
  }

  /** @throws VarveError `BLOB_MISMATCH`, `STORE_…` */
  async keep(writer: BlobWriter): Promise<Digest> {
    const digest = await writer.keep();
    rmSync(corruptName(this.path(digest)), { force: true });
    this.#unflushed.add(digest);
    return digest;
  }

  /** Brings those of the blobs that this process wrote to the disk, several at once, and then their names. */
  async flush(digests: readonly Digest[]): Promise<void> {
    const waiting = digests.filter((digest) => this.#unflushed.has(digest));
    if (waiting.length === 0) return;
    const flushSome = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        await flushFile(this.path(next));
        this.#unflushed.delete(next);
      }
    };
    await onStoreAsync(this.#root.path, async () => {
      await Promise.all(Array.from({ length: FLUSHES }, flushSome));
      for (const folder of new Set(digests.map((digest) => dirname(this.path(digest))))) await flushFile(folder);
    });
  }

  async remove(digest: Digest): Promise<void> {
    this.removeNow(digest);
  }

  /** The same at once, for use in a transaction. `false`: there was none. */
  removeNow(digest: Digest): boolean {
    const path = this.path(digest);
    const isThere = this.sizeNow(digest) !== undefined;
    onStore(this.#root.path, () => {
      rmSync(corruptName(path), { force: true });
      rmSync(path, { force: true });
    });
    this.#unflushed.delete(digest);
    return isThere;
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly size: number }, void, undefined> {
    if (!this.#root.isThere()) return;
    for (const [algorithm, folder] of Object.entries(this.#root.blobs))
      for (const name of onStore(this.#root.path, () => namesIn(folder))) {
        const digest = `${algorithm}:${name}`;
        const size = isDigest(digest) ? this.sizeNow(digest) : undefined;
        if (isDigest(digest) && size !== undefined) yield { digest, size };
      }
  }

  async #open(digest: Digest): Promise<OpenBlob> {
    try {
      const file = await open(this.path(digest));
      return new OpenBlob(file, (await file.stat()).size);
    } catch (failure) {
      throw this.#whyNotOpened(digest, failure);
    }
  }

  #openNow(digest: Digest): OpenFile {
    try {
      const fd = openSync(this.path(digest), 'r');
      return new OpenFile(fd, fstatSync(fd).size);
    } catch (failure) {
      throw this.#whyNotOpened(digest, failure);
    }
  }

  #whyNotOpened(digest: Digest, failure: unknown): unknown {
    if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') return storeFailure(failure, this.#root.path);
    if (statSync(corruptName(this.path(digest)), { throwIfNoEntry: false }) !== undefined)
      return this.#corrupt(digest, 'it was set aside when that was found');
    return new VarveError('BLOB_UNKNOWN', `There is no blob ${digest} in the store at ${this.#root.path}`, {
      hint: 'Pull, load or build the image that needs it again.',
    });
  }

  /** Moves the blob out of the way, so that whoever fetches or makes it again writes it anew. */
  #corrupt(digest: Digest, why: string): VarveError {
    const path = this.path(digest);
    try {
      renameSync(path, corruptName(path));
    } catch {
      // set aside by somebody else, or the store is read-only: the blob stays what it is
    }
    return new VarveError('BLOB_CORRUPT', `Blob ${digest} is not what was stored: ${why}`, {
      hint: `Pull, load or build the image that needs it again: that stores the blob anew. The damaged bytes are in ${corruptName(path)}.`,
    });
  }
}

class OpenBlob implements AsyncDisposable {
  readonly file: FileHandle;
  readonly size: number;
  constructor(file: FileHandle, size: number) {
    this.file = file;
    this.size = size;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
  }
}

class OpenFile implements Disposable {
  readonly fd: number;
  readonly size: number;
  constructor(fd: number, size: number) {
    this.fd = fd;
    this.size = size;
  }
  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return []; // nothing of this algorithm was stored
    throw failure;
  }
}

const corruptName = (path: string): string => `${path}.corrupt`;

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(allocChunk(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** A blob that was removed meanwhile needs no flush. */
async function flushFile(path: string): Promise<void> {
  const file = openExisting(path);
  if (file === undefined) return;
  try {
    await promisify(fdatasync)(file);
  } finally {
    closeSync(file);
  }
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw failure;
    return undefined;
  }
}
