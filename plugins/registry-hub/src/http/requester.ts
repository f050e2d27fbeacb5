import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import type { Access, Authorizer } from '../auth/authorizer.ts';
import { apiHost, isInsecure } from '../hosts/registry-host.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { registryFailure, unreachable } from './registry-failure.ts';
import { isPassing, isPassingError, Passing, type Patience, retryAfter, retrying } from './retry.ts';

export interface ClientOptions {
  readonly http: HttpClient;
  readonly authorizer: Authorizer;
  readonly insecure: readonly string[];
  readonly retries: number;
  readonly retryWait: number;
}

export interface Repository {
  /** As in references: `docker.io`. */
  readonly host: string;
  readonly path: string;
}

export interface RegistryRequest extends Omit<HttpRequest, 'anyCertificate'> {
  /** Below the repository (`manifests/latest`), or a whole address that the registry gave. */
  readonly to: string | URL;
  readonly actions: Access['actions'];
  /** In messages. */
  readonly what: string;
  /** `false`: whoever asks repeats the whole of something itself. */
  readonly retry?: boolean;
}

/** Requests to one registry: address, TLS or not, tokens, retries. */
export class Requester {
  readonly #options: ClientOptions;
  readonly #origins = new Map<string, Promise<string>>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** How whoever repeats several requests as one thing does so. */
  get patience(): Patience {
    const { retries, retryWait } = this.#options;
    return { retries, retryWait };
  }

  /**
   * Sends a request, again after what may pass. Any other answer is a result.
   * @throws VarveError `REGISTRY_UNREACHABLE`, `REGISTRY_DENIED`, `REGISTRY_LIMIT`, `REGISTRY_FAILED`, `REGISTRY_ANSWER`
   */
  async send(repository: Repository, request: RegistryRequest): Promise<IncomingMessage> {
    return await this.receive(repository, request, async (response) => response);
  }

  /** The same, with the reading of the answer: where the connection breaks in its body, all of it is asked for again. */
  async receive<T>(repository: Repository, request: RegistryRequest, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const { retries, retryWait } = this.patience;
    const options = { retries: request.retry === false ? 0 : retries, retryWait, signal: request.signal };
    return await retrying(() => this.#attempt(repository, request, read), options);
  }

  async #attempt<T>(repository: Repository, request: RegistryRequest, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const host = apiHost(repository.host);
    const context = { host, what: request.what };
    try {
      const response = await this.#authorised(repository, request);
      const status = response.statusCode ?? 0;
      if (status === 401) throw await registryFailure(response, context);
      if (isPassing(status)) throw new Passing(await registryFailure(response, context), retryAfter(response.headers['retry-after']));
      return await read(response);
    } catch (cause) {
      request.signal?.throwIfAborted();
      if (VarveError.is(cause) || cause instanceof Passing) throw cause;
      const failure = unreachable(host, cause);
      throw isPassingError(cause) ? new Passing(failure) : failure;
    }
  }

  async #authorised(repository: Repository, request: RegistryRequest): Promise<IncomingMessage> {
    const { http, authorizer, insecure } = this.#options;
    const origin = await this.origin(repository.host, request);
    const url = request.to instanceof URL ? request.to : new URL(`/v2/${repository.path}/${request.to}`, origin);
    const access: Access = { ...repository, origin, actions: request.actions, signal: request.signal };
    const isOwn = url.origin === origin;
    const send = (authorization: string | undefined) =>
      http.send(url, {
        ...request,
        headers: { ...request.headers, ...(isOwn && authorization !== undefined && { authorization }) },
        anyCertificate: isInsecure(url.host, insecure),
      });
    const response = await send(authorizer.known(access));
    if (response.statusCode !== 401 || !isOwn) return response;
    const authorization = await authorizer.answer(response, access);
    if (authorization === undefined) return response;
    response.resume();
    return await send(authorization);
  }

  /** `https://registry-1.docker.io`; where TLS is not asked for, whichever the registry speaks. */
  origin(host: string, options: Abortable = {}): Promise<string> {
    const api = apiHost(host);
    if (!isInsecure(host, this.#options.insecure)) return Promise.resolve(`https://${api}`);
    const known = this.#origins.get(api);
    if (known !== undefined) return known;
    const found = this.#probe(api, options).catch((failure: unknown) => {
      this.#origins.delete(api);
      throw failure;
    });
    this.#origins.set(api, found);
    return found;
  }

  /** A server that wants TLS closes the connection, or says 400. Without credentials, whatever the answer. */
  async #probe(host: string, { signal }: Abortable): Promise<string> {
    try {
      const response = await this.#options.http.send(new URL(`http://${host}/v2/`), { method: 'GET', signal });
      response.destroy();
      return response.statusCode === 400 ? `https://${host}` : `http://${host}`;
    } catch (cause) {
      signal?.throwIfAborted();
      const { code = '' } = cause as NodeJS.ErrnoException;
      return code === 'ECONNRESET' || code.startsWith('HPE_') ? `https://${host}` : `http://${host}`; // anything else the request itself will tell
    }
  }
}
