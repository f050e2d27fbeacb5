import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '@varve/core';
import { type Abortable, type Descriptor, digestOf } from '@varve/core/image';
import { apiHost } from '../hosts/registry-host.ts';
import { registryFailure, unreachable } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { isPassingError, waitBefore } from '../http/retry.ts';

export interface FetchBlobOptions extends Abortable {
  /** Told how many bytes have come. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * A blob as it lies in the registry (OCI distribution-spec, Pulling blobs). A connection that breaks is taken up again where it broke. Whoever
 * reads compares the digest; there are never more bytes than the descriptor says.
 * @throws VarveError `BLOB_UNKNOWN`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function* fetchBlob(
  client: Requester,
  repository: Repository,
  { digest, size, signal, onProgress }: Pick<Descriptor, 'digest' | 'size'> & FetchBlobOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const host = apiHost(repository.host);
  const what = `the blob ${digest} of ${repository.path}`;
  let at = 0;
  let hasRanges = true;
  for (let failures = 0; ; ) {
    const start = at;
    const response = await client.send(repository, {
      method: 'GET',
      to: `blobs/${digest}`,
      actions: 'pull',
      what,
      headers: { 'accept-encoding': 'identity', ...(at > 0 && hasRanges && { range: `bytes=${at}-` }) },
      signal,
    });
    if (response.statusCode === 416 && at > 0 && hasRanges) {
      response.resume();
      hasRanges = false; // whatever it means by that, everything again is always possible
      continue;
    }
    if (Number(response.headers['content-length'] ?? 0) > size) {
      response.destroy();
      throw new VarveError('BLOB_MISMATCH', `Expected ${size} bytes of ${what}, ${host} announces ${response.headers['content-length']}`);
    }
    let skip = await bytesToSkip(response, { at, host, what });
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        const bytes = chunk.subarray(skip);
        skip -= chunk.length - bytes.length;
        if (bytes.length === 0) continue;
        at += bytes.length;
        if (at > size) throw new VarveError('BLOB_MISMATCH', `Expected ${size} bytes of ${what}, found more`);
        onProgress?.(at);
        yield bytes;
      }
      if (at === size) return;
      throw new EarlyEnd(`Expected ${size} bytes of ${what}, found ${at}`);
    } catch (cause) {
      signal?.throwIfAborted();
      const failure = failureOf(cause, host);
      if (!(cause instanceof EarlyEnd) && !isPassingError(cause)) throw failure;
      failures = at > start ? 1 : failures + 1;
      if (failures > client.patience.retries) throw failure;
      await sleep(waitBefore(failures - 1, client.patience.retryWait), undefined, { signal }).catch(() => signal?.throwIfAborted());
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

/** All of a small blob, verified. @throws VarveError `BLOB_MISMATCH`, `REGISTRY_…` */
export async function fetchSmallBlob(
  client: Requester,
  repository: Repository,
  { digest, size, signal, limit }: Pick<Descriptor, 'digest' | 'size'> & Abortable & { readonly limit: number },
): Promise<Uint8Array> {
  if (size > limit) throw new VarveError('IMAGE_INVALID', `Expected at most ${limit} bytes in ${digest}, its manifest says ${size}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetchBlob(client, repository, { digest, size, signal })) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (digestOf(bytes) !== digest) throw new VarveError('BLOB_MISMATCH', `Expected the blob ${digest}, found ${digestOf(bytes)}`);
  return bytes;
}
