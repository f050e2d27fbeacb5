import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '@varve/core';
import { releaseChunk } from '@varve/core/archive';
import type { Abortable, Descriptor } from '@varve/core/image';
import type { Endpoint } from '../hosts/endpoint.ts';
import { discard } from '../http/http-client.ts';
import { registryFailure, unreachable } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { isPassingError, waitBefore } from '../http/retry.ts';
import { gatheredBody } from './gathered-body.ts';

export interface BlobRequest extends Pick<Descriptor, 'digest' | 'size'>, Abortable {
  /** Told how many bytes there are, those before the offset included. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Told how long it waits before it goes on, in milliseconds. */
  readonly onRetry?: ((wait: number) => void) | undefined;
}

export interface BlobReading {
  /** Other threads can read the chunks where they are: not for strangers, to whom a chunk is a chunk. */
  readonly isShared?: boolean | undefined;
}

interface Answer {
  readonly response: IncomingMessage;
  readonly endpoint: Endpoint;
}

/**
 * A blob as it lies in a registry or its mirrors (OCI distribution-spec, Pulling blobs). A connection that breaks is taken up again where
 * it broke. Whoever reads compares the digest; there are never more bytes than the descriptor says.
 */
export class BlobSource {
  readonly #client: Requester;
  readonly #repository: Repository;
  readonly #request: BlobRequest;
  readonly #what: string;
  /** Mirrors that broke off or lied. */
  readonly #except = new Set<string>();
  readonly #used = new Set<string>();

  constructor(client: Requester, repository: Repository, request: BlobRequest) {
    this.#client = client;
    this.#repository = repository;
    this.#request = request;
    this.#what = `the blob ${request.digest} of ${repository.path}`;
  }

  /**
   * In chunks that may be given up (`releaseChunk`).
   * @throws VarveError `BLOB_UNKNOWN`, `BLOB_MISMATCH`, `REGISTRY_…`
   */
  async *from(offset: number, reading: BlobReading = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const { size, signal } = this.#request;
    if (offset > 0 && offset >= size) return; // all of it is here: whoever has it compares the digest
    const { retries, retryWait } = this.#client.patience;
    const place = { at: offset, hasRanges: true };
    for (let failures = 0; ; ) {
      const start = place.at;
      const answer = await this.#ask(place);
      if (answer === undefined) continue;
      try {
        yield* this.#bytes(answer, place, reading);
        if (place.at === size) return;
        throw new EarlyEnd(`Expected ${size} bytes of ${this.#what}, found ${place.at}`);
      } catch (cause) {
        signal?.throwIfAborted();
        const failure = failureOf(cause, answer.endpoint.api);
        if (answer.endpoint.isMirror) {
          this.#except.add(answer.endpoint.api);
          continue;
        }
        if (!(cause instanceof EarlyEnd) && !isPassingError(cause)) throw failure;
        failures = place.at > start ? 1 : failures + 1;
        if (failures > retries) throw failure;
        const wait = waitBefore(failures - 1, retryWait);
        this.#request.onRetry?.(wait);
        await sleep(wait, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    }
  }

  /** The bytes were others than promised: mirrors that gave any are not asked again. `false`: there were none. */
  distrust(): boolean {
    const isMixed = this.#used.size > 0;
    for (const host of this.#used) this.#except.add(host);
    this.#used.clear();
    return isMixed;
  }

  async #ask(place: { readonly at: number; hasRanges: boolean }): Promise<Answer | undefined> {
    const { digest, size, signal, onRetry } = this.#request;
    const isPart = place.at > 0 && place.hasRanges;
    const headers = { 'accept-encoding': 'identity', ...(isPart && { range: `bytes=${place.at}-` }) };
    const request = {
      method: 'GET',
      to: `blobs/${digest}`,
      actions: 'pull',
      what: this.#what,
      headers,
      signal,
      onRetry,
      by: 'digest',
    } as const;
    const answer = await this.#client.read(this.#repository, { ...request, except: this.#except }, async (response, endpoint) => ({
      response,
      endpoint,
    }));
    const { response, endpoint } = answer;
    if (response.statusCode === 416 && isPart) {
      discard(response);
      place.hasRanges = false; // whatever it means by that, everything again is always possible
      return undefined;
    }
    const announced = Number(response.headers['content-length'] ?? 0);
    if (announced <= size || (response.statusCode !== 200 && response.statusCode !== 206)) return answer;
    response.destroy();
    if (!endpoint.isMirror)
      throw new VarveError('BLOB_MISMATCH', `Expected ${size} bytes of ${this.#what}, ${endpoint.api} announces ${announced}`);
    this.#except.add(endpoint.api);
    return undefined;
  }

  async *#bytes(
    { response, endpoint }: Answer,
    place: { at: number },
    { isShared = false }: BlobReading,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { size, onProgress } = this.#request;
    let skip = await bytesToSkip(response, { at: place.at, host: endpoint.api, what: this.#what });
    for await (const chunk of gatheredBody(response, { size, isShared })) {
      const bytes = chunk.subarray(skip);
      skip -= chunk.length - bytes.length;
      if (bytes.length === 0) {
        releaseChunk(chunk);
        continue;
      }
      if (place.at + bytes.length > size) throw new VarveError('BLOB_MISMATCH', `Expected ${size} bytes of ${this.#what}, found more`);
      place.at += bytes.length;
      if (endpoint.isMirror) this.#used.add(endpoint.api);
      onProgress?.(place.at);
      yield bytes;
    }
  }
}

/** An answer that was whole for HTTP, but not for us: a proxy gave up, or it is another blob. */
class EarlyEnd extends Error {}

function failureOf(cause: unknown, host: string): VarveError {
  if (VarveError.is(cause)) return cause;
  return cause instanceof EarlyEnd ? new VarveError('BLOB_MISMATCH', cause.message) : unreachable(host, cause);
}

interface Position {
  readonly at: number;
  readonly host: string;
  readonly what: string;
}

/** A registry may send the rest, or everything again. @throws VarveError `BLOB_UNKNOWN`, `REGISTRY_…` */
async function bytesToSkip(response: IncomingMessage, { at, host, what }: Position): Promise<number> {
  if (response.statusCode === 200) return at;
  if (response.statusCode !== 206) throw await registryFailure(response, { host, what, missing: 'BLOB_UNKNOWN' });
  const start = Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? Number.NaN);
  if (start === at) return 0;
  response.destroy();
  throw new VarveError('REGISTRY_ANSWER', `Expected the bytes of ${what} from ${at} on, found ${response.headers['content-range']}`);
}
