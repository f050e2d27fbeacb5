import { closeSync, fdatasync, openSync, renameSync, rmSync, write, writev } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { VarveError } from '@varve/core';
import { type HashStream, openHashStream, releaseChunk } from '@varve/core/archive';
import { algorithmOf, type Digest, type DigestAlgorithm, digestFromHex } from '@varve/core/image';
import { onStoreAsync, storeFailure } from './failures.ts';
import type { StoreRoot } from './store-root.ts';

const [datasync, writeTo, writeAllTo] = [promisify(fdatasync), promisify(write), promisify(writev)];
/** Bytes that are gathered before they are written. */
const BATCH = 1 << 18;
/** Bytes after which the disk may begin: what is flushed at the end has then little left to do. */
const EARLY = 1 << 26;
const CHUNK = 256 * 1024;

export interface Expected {
  readonly digest?: Digest | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
  /** About how many bytes it will be: where that is much, another thread hashes. */
  readonly about?: number | undefined;
  /** Nobody else has the chunks that are written: their memory may be freed. */
  readonly ownsChunks?: boolean | undefined;
}

/**
 * One blob in the making: bytes go to a temporary file and through the hash while the ones before are still being written. Visible only
 * after `keep`; disposing it before leaves nothing, unless it is a part that a later writer goes on with.
 */
export class BlobWriter implements AsyncDisposable {
  readonly #root: StoreRoot;
  readonly #name: string;
  readonly #sum: HashStream;
  readonly #expected: Expected;
  /** A descriptor: what `node:fs/promises` has takes as long to load as a small blob to write. */
  #file: number | undefined;
  #batch: Uint8Array[] = [];
  #batched = 0;
  #writing: Promise<unknown> = Promise.resolve();
  #unsynced = 0;
  #syncing: Promise<unknown> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #size = 0;
  #resumed = 0;
  #digest: Digest | undefined;
  #isPart: boolean;
  /** Nobody else has the chunks that are written: their memory may be freed. */
  ownsChunks: boolean;

  /** @param part a file of the store that may hold the beginning of the blob, and does so when this writer ends early */
  constructor(root: StoreRoot, expected: Expected = {}, part?: string) {
    this.#root = root;
    this.#name = part ?? root.temporaryName();
    this.#isPart = part !== undefined;
    this.#expected = expected;
    this.ownsChunks = expected.ownsChunks ?? false;
    this.#sum = openHashStream(expected.about ?? 0, this.algorithm);
  }

  /** What an earlier writer left, which comes before everything that is written: read it first, and to its end. */
  async *kept(): AsyncGenerator<Uint8Array, void, undefined> {
    if (!this.#isPart) return;
    const file = await open(this.#name).catch((failure: NodeJS.ErrnoException) => {
      if (failure.code !== 'ENOENT') throw storeFailure(failure, this.#root.path);
    });
    if (file === undefined) return;
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK, this.#size);
        if (bytesRead === 0) return;
        this.#size += bytesRead;
        this.#resumed = this.#size;
        const chunk = buffer.subarray(0, bytesRead);
        await this.#sum.update(chunk);
        yield chunk;
      }
    } finally {
      await file.close();
    }
  }

  /** Bytes that were kept from before. */
  get resumed(): number {
    return this.#resumed;
  }

  /** What was written is not the beginning of the blob: nothing of it is left. */
  spoil(): void {
    this.#isPart = false;
  }

  get algorithm(): DigestAlgorithm {
    return algorithmOf(this.#expected.digest);
  }

  get size(): number {
    return this.#size;
  }

  /** Digest of everything written; nothing can be added afterwards. */
  async digest(): Promise<Digest> {
    this.#digest ??= digestFromHex(await this.#sum.digest());
    return this.#digest;
  }

  /** The chunk must not change afterwards. @throws VarveError `BLOB_MISMATCH` as soon as there is more than expected; `STORE_…` */
  async write(chunk: Uint8Array): Promise<void> {
    this.#size += chunk.length;
    const { size } = this.#expected;
    if (size !== undefined && this.#size > size) throw mismatch(`Expected ${size} bytes, found more`, this.#expected);
    this.#batch.push(chunk);
    this.#batched += chunk.length;
    await this.#sum.update(chunk);
    if (this.#batched >= BATCH) await this.#flush();
  }

  async writeAll(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      await this.write(chunk);
    }
  }

  /** Compares everything written with what was expected. @throws VarveError `BLOB_MISMATCH` */
  async check(): Promise<void> {
    const { size, digest } = this.#expected;
    if (size !== undefined && size !== this.#size) throw mismatch(`Expected ${size} bytes, found ${this.#size}`, this.#expected);
    const found = await this.digest();
    if (digest !== undefined && digest !== found) throw mismatch(`Expected ${digest}, found ${found}`, this.#expected);
  }

  /** Compares, then makes the blob visible. @throws VarveError `BLOB_MISMATCH`, `STORE_…` */
  async keep(): Promise<Digest> {
    await this.check();
    const digest = await this.digest();
    await this.#flush();
    await onStoreAsync(this.#root.path, async () => {
      await this.#writing;
      this.#file ??= this.#open();
      await this.#close();
      if (this.#failure !== undefined) throw this.#failure.cause;
      this.#root.ensureFolderOf(digest);
      renameSync(this.#name, this.#root.blob(digest));
    });
    this.#isPart = false;
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sum[Symbol.dispose]();
    if (this.#isPart) await this.#flush().catch(() => undefined);
    await this.#writing.catch(() => undefined); // `write` or `keep` has told it
    await this.#close();
    if (this.#isPart) return;
    try {
      rmSync(this.#name, { force: true });
    } catch {
      // swept later, and the first failure is the one to tell
    }
  }

  /** Waits for the batch before and starts the next one: at most two are in memory. */
  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batched = 0;
    await onStoreAsync(this.#root.path, async () => {
      await this.#writing;
      this.#file ??= this.#open();
      const file = this.#file;
      this.#writing = batch.length > 0 ? this.#writeOut(file, batch) : Promise.resolve();
      this.#writing.catch(() => undefined); // whoever waits for it next hears of it
      this.#syncEarly(file, batch);
    });
  }

  async #writeOut(file: number, batch: readonly Uint8Array[]): Promise<void> {
    await writeWhole(file, batch);
    if (this.ownsChunks) for (const chunk of batch) releaseChunk(chunk);
  }

  /** Beside the writing, at most one at a time. The kernel tells a failure once, so `keep` must hear of it. */
  #syncEarly(file: number, batch: readonly Uint8Array[]): void {
    this.#unsynced += lengthOf(batch);
    if (this.#unsynced < EARLY || this.#syncing !== undefined) return;
    this.#unsynced = 0;
    this.#syncing = datasync(file)
      .catch((failure: unknown) => {
        this.#failure ??= { cause: failure };
      })
      .finally(() => {
        this.#syncing = undefined;
      });
  }

  #open(): number {
    this.#root.ensure();
    return openSync(this.#name, this.#isPart ? 'a' : 'wx', 0o600);
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await this.#syncing;
    if (file !== undefined) closeSync(file);
  }
}

const lengthOf = (batch: readonly Uint8Array[]): number => batch.reduce((sum, chunk) => sum + chunk.length, 0);

/** A full disk may take a part of what it is given. */
async function writeWhole(file: number, batch: readonly Uint8Array[]): Promise<void> {
  const length = lengthOf(batch);
  const { bytesWritten } = await writeAllTo(file, batch);
  if (bytesWritten === length) return;
  const rest = Buffer.concat(batch).subarray(bytesWritten);
  for (let at = 0; at < rest.length; ) at += (await writeTo(file, rest, at)).bytesWritten;
}

const mismatch = (message: string, { digest }: Expected): VarveError =>
  new VarveError('BLOB_MISMATCH', digest === undefined ? message : `${message} (blob ${digest})`, {
    hint: 'It was cut off or changed on its way; nothing of it was kept. Fetch it again.',
  });
