import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import { type Abortable, algorithmOf, type Digest, isDigest } from '@varve/core/image';
import type { Endpoint } from '../hosts/endpoint.ts';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Requester } from '../http/requester.ts';
import { Passing } from '../http/retry.ts';

/** Milliseconds for telling a registry that nothing more will come. */
const GOODBYE = 3000;

export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly body: () => AsyncIterable<Uint8Array>;
}

/** An upload that a registry has opened (OCI distribution-spec, Pushing blobs). Each answer says where the next request goes. */
export class UploadSession {
  readonly #client: Requester;
  readonly #endpoint: Endpoint;
  readonly #origin: string;
  readonly #what: string;
  #location: URL | undefined;
  /** The least that a piece but the last may have, in bytes. */
  readonly shortest: number;

  constructor(
    client: Requester,
    { endpoint, origin, opened }: { readonly endpoint: Endpoint; readonly origin: string; readonly opened: IncomingMessage | URL },
  ) {
    this.#client = client;
    this.#endpoint = endpoint;
    this.#origin = origin;
    this.#what = `an upload to ${endpoint.path}`;
    this.#location = opened instanceof URL ? opened : this.#next(opened);
    this.shortest = opened instanceof URL ? 0 : Number(opened.headers['oci-chunk-min-length'] ?? 0) || 0;
  }

  get location(): URL {
    return this.#location as URL; // set in the constructor
  }

  /** Bytes that the registry has; `undefined`: it knows the upload no more. */
  async offset(options: Abortable = {}): Promise<number | undefined> {
    const response = await this.#send({ method: 'GET', ...options });
    discard(response);
    if (response.statusCode !== 204 && response.statusCode !== 200) return undefined;
    if (response.headers.location !== undefined) this.#location = this.#next(response);
    return endOf(response);
  }

  /**
   * Sends a piece. @returns how many bytes the registry has now; `undefined`: it takes no pieces
   * @throws Passing, VarveError `REGISTRY_…`
   */
  async add({ from, to, body }: Piece, options: Abortable = {}): Promise<number | undefined> {
    const headers = { ...OCTETS, 'content-length': String(to - from), ...(from > 0 && { 'content-range': `${from}-${to - 1}` }) };
    const response = await this.#send({ method: 'PATCH', headers, body, ...options });
    if (response.statusCode === 202 || response.statusCode === 204) {
      discard(response);
      this.#location = this.#next(response);
      return endOf(response) ?? to;
    }
    if (response.statusCode === 405 || response.statusCode === 501 || response.statusCode === 415) {
      discard(response);
      return undefined;
    }
    throw await this.#refused(response);
  }

  /** Ends the upload, with all of its bytes or the last of them. @throws Passing, VarveError `REGISTRY_…`, `BLOB_MISMATCH` */
  async finish(
    digest: Digest,
    { body, size, signal }: Abortable & { readonly body?: () => AsyncIterable<Uint8Array>; readonly size: number },
  ): Promise<void> {
    const to = new URL(this.location);
    to.search = `${to.search === '' ? '?' : `${to.search}&`}digest=${encodeURIComponent(digest)}`;
    const headers = { ...OCTETS, 'content-length': String(size) };
    const response = await this.#send({ method: 'PUT', to, headers, ...(size > 0 && { body }), signal });
    if (response.statusCode !== 201 && response.statusCode !== 204) throw await this.#refused(response);
    discard(response);
    const stored = String(response.headers['docker-content-digest'] ?? digest);
    // Of another algorithm it is another name of what may be the same: that cannot be told without the bytes.
    if (isDigest(stored) && stored !== digest && algorithmOf(stored) === algorithmOf(digest))
      throw new VarveError('BLOB_MISMATCH', `Expected ${this.#endpoint.api} to store ${digest}, it says ${stored}`);
  }

  /** Lets the registry throw away what it has. Nobody waits long for that, and it may fail. */
  async cancel(): Promise<void> {
    const signal = AbortSignal.timeout(GOODBYE);
    await this.#send({ method: 'DELETE', signal }).then(discard, () => undefined);
  }

  /** A session that was forgotten, or is elsewhere than we think, is a failure that passes with the next one. */
  async #refused(response: IncomingMessage): Promise<Passing | VarveError> {
    const status = response.statusCode ?? 0;
    const failure = await registryFailure(response, { host: this.#endpoint.api, what: this.#what });
    return status === 404 || status === 416 ? new Passing(failure) : failure;
  }

  async #send(
    request: Partial<Parameters<Requester['once']>[1]> & { readonly method: 'GET' | 'PATCH' | 'PUT' | 'DELETE' },
  ): Promise<IncomingMessage> {
    return await this.#client.once(this.#endpoint, { to: this.location, actions: 'pull,push', what: this.#what, ...request });
  }

  /** The registry's own address, its query untouched. @throws VarveError `REGISTRY_ANSWER` */
  #next({ headers }: IncomingMessage): URL {
    const { host, protocol } = new URL(this.#origin);
    const base = this.#location?.href ?? this.#origin;
    const url = URL.canParse(headers.location ?? '', base) && headers.location ? new URL(headers.location, base) : undefined;
    if (url === undefined) throw new VarveError('REGISTRY_ANSWER', `Expected an address for the upload from ${host}, found none`);
    if (url.protocol !== 'https:' && (url.protocol !== 'http:' || protocol !== 'http:'))
      throw new VarveError('REGISTRY_ANSWER', `${host} wants an upload at ${url.protocol}//${url.host}, which is not safe`);
    url.username = '';
    url.password = '';
    return url;
  }
}

const OCTETS = { 'content-type': 'application/octet-stream' };

/** `Range: 0-99` means 100 bytes; `0-0` may mean none, and only the blob's digest will tell. */
function endOf({ headers }: IncomingMessage): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(headers.range ?? '')?.[1];
  if (last === undefined) return undefined;
  return Number(last) === 0 ? 0 : Number(last) + 1;
}

/** Where an upload begins. Registries of specifications before 1.1.1 look at nothing but the digest at its end. */
export const uploadsFor = (digest: Digest, query: Readonly<Record<string, string>> = {}): string => {
  const algorithm = algorithmOf(digest);
  const search = new URLSearchParams({ ...query, ...(algorithm !== 'sha256' && { 'digest-algorithm': algorithm }) }).toString();
  return `blobs/uploads/${search === '' ? '' : `?${search}`}`;
};
