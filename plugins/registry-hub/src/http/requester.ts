import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import type { Access, Authorizer } from '../auth/authorizer.ts';
import { repositoryScope } from '../auth/scopes.ts';
import type { Endpoint, Repository } from '../hosts/endpoint.ts';
import type { HostTable } from '../hosts/host-table.ts';
import type { Security } from './agents.ts';
import { Downs, withReasons } from './downs.ts';
import { discard, type HttpClient, type HttpRequest } from './http-client.ts';
import { Origins } from './origins.ts';
import { registryFailure, unreachable } from './registry-failure.ts';
import { isPassing, isPassingError, Passing, type Patience, retryAfter, retrying } from './retry.ts';

export type { Repository } from '../hosts/endpoint.ts';

export interface RequesterOptions {
  readonly http: HttpClient;
  readonly authorizer: Authorizer;
  readonly hosts: HostTable;
  readonly retries: number;
  readonly retryWait: number;
}

export interface RegistryRequest extends Omit<HttpRequest, 'security'> {
  /** Below the repository (`manifests/latest`), or a whole address that the registry gave. */
  readonly to: string | URL;
  /** On the repository: `pull`, `pull,push`, `delete`. */
  readonly actions: string;
  /** What else has to be allowed: mounting reads another repository. */
  readonly scopes?: readonly string[] | undefined;
  /** In messages. */
  readonly what: string;
  /** Every answer is a result, whatever its status: nothing of it is repeated or told as an error. */
  readonly asIs?: boolean | undefined;
  /** `false`: whoever asks repeats the whole of something itself. */
  readonly retry?: boolean;
  /** Told how long it waits before it asks again, in milliseconds. */
  readonly onRetry?: ((wait: number) => void) | undefined;
}

/** Requests to one place: address, TLS or not, tokens, retries. */
export class Requester {
  readonly hosts: HostTable;
  /** How whoever repeats several requests as one thing does so. */
  readonly patience: Patience;
  readonly #http: HttpClient;
  readonly #authorizer: Authorizer;
  readonly #origins: Origins;
  readonly #downs = new Downs();

  constructor({ http, authorizer, hosts, retries, retryWait }: RequesterOptions) {
    this.hosts = hosts;
    this.patience = { retries, retryWait };
    this.#http = http;
    this.#authorizer = authorizer;
    this.#origins = new Origins(http);
  }

  /**
   * Sends a request, again after what may pass. Any other answer is a result.
   * @param place a repository stands for its registry: no mirror is asked
   * @throws VarveError `REGISTRY_UNREACHABLE`, `REGISTRY_DENIED`, `REGISTRY_LIMIT`, `REGISTRY_FAILED`, `REGISTRY_ANSWER`
   */
  async send(place: Repository | Endpoint, request: RegistryRequest): Promise<IncomingMessage> {
    return await this.receive(place, request, async (response) => response);
  }

  /** One try: what may pass is thrown as `Passing`, for whoever repeats more than this request. */
  async once(place: Repository | Endpoint, request: RegistryRequest): Promise<IncomingMessage> {
    const endpoint = 'api' in place ? place : await this.hosts.registry(place);
    return await this.#attempt(endpoint, request, async (response) => response);
  }

  /** `send`, with the reading of the answer: where the connection breaks in its body, all of it is asked for again. */
  async receive<T>(place: Repository | Endpoint, request: RegistryRequest, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const endpoint = 'api' in place ? place : await this.hosts.registry(place);
    const { retries, retryWait } = this.patience;
    const { signal, onRetry } = request;
    const options = { retries: request.retry === false ? 0 : retries, retryWait, onRetry, signal };
    return await retrying(() => this.#attempt(endpoint, request, read), options);
  }

  /**
   * Reads from the mirrors in their order and then from the registry itself; what one of them does not have or does not say, the next is
   * asked for. Only the registry itself is asked again after a failure.
   * @param read the answer: of a mirror one with status 200 or 206, of the registry itself whatever it says. What it throws of a mirror's
   * answer sends on to the next.
   */
  async read<T>(
    repository: Repository,
    { by, except, ...request }: RegistryRequest & { readonly by: 'tag' | 'digest'; readonly except?: ReadonlySet<string> | undefined },
    read: (response: IncomingMessage, endpoint: Endpoint) => Promise<T>,
  ): Promise<T> {
    const endpoints = await this.hosts.endpoints(repository);
    const registry = endpoints.at(-1) as Endpoint; // never empty
    const reasons: string[] = [];
    for (const endpoint of endpoints) {
      const serves = by === 'tag' ? endpoint.serves.tags : endpoint.serves.digests;
      if (endpoint === registry || !serves || except?.has(endpoint.api) || this.#downs.isDown(endpoint.api)) continue;
      const found = await this.#tryMirror(endpoint, request, read);
      if ('value' in found) return found.value;
      reasons.push(`${endpoint.api}: ${found.why}`);
    }
    try {
      return await this.receive(registry, request, (response) => read(response, registry));
    } catch (failure) {
      throw withReasons(failure, reasons);
    }
  }

  async #tryMirror<T>(
    endpoint: Endpoint,
    request: RegistryRequest,
    read: (response: IncomingMessage, endpoint: Endpoint) => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly why: string }> {
    try {
      return await this.receive(endpoint, { ...request, retry: false }, async (response) => {
        if (response.statusCode === 200 || response.statusCode === 206) return { value: await read(response, endpoint) };
        discard(response);
        return { why: String(response.statusCode) };
      });
    } catch (failure) {
      request.signal?.throwIfAborted();
      if (!VarveError.is(failure)) throw failure;
      if (failure.code === 'REGISTRY_UNREACHABLE') this.#downs.add(endpoint.api);
      return { why: failure.message };
    }
  }

  /** `https://registry-1.docker.io` */
  async origin(place: Repository | Endpoint, options: Abortable = {}): Promise<string> {
    return await this.#origins.find('api' in place ? place : await this.hosts.registry(place), options);
  }

  /** An address that no registry stands behind: no credentials, nothing repeated. */
  async fetchAnywhere(url: URL, request: Omit<HttpRequest, 'credentials' | 'security'>): Promise<IncomingMessage> {
    return await this.#http.send(url, request);
  }

  async #attempt<T>(endpoint: Endpoint, request: RegistryRequest, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const context = { host: endpoint.api, what: request.what };
    try {
      const response = await this.#authorised(endpoint, request);
      const status = response.statusCode ?? 0;
      if (request.asIs) return await read(response);
      if (status === 401) throw await registryFailure(response, context);
      if (isPassing(status)) throw new Passing(await registryFailure(response, context), retryAfter(response.headers['retry-after']));
      return await read(response);
    } catch (cause) {
      request.signal?.throwIfAborted();
      if (VarveError.is(cause) || cause instanceof Passing) throw cause;
      const failure = unreachable(endpoint.api, cause);
      throw isPassingError(cause) ? new Passing(failure) : failure;
    }
  }

  async #authorised(endpoint: Endpoint, request: RegistryRequest): Promise<IncomingMessage> {
    const { path, prefix } = endpoint;
    const origin = await this.origin(endpoint, request);
    const url = request.to instanceof URL ? request.to : new URL(`${prefix}/${path === '' ? '' : `${path}/`}${request.to}`, origin);
    const isOwn = url.origin === origin;
    const own = path === '' ? [] : [repositoryScope(path, request.actions)];
    const access: Access = { host: endpoint.host, path, origin, scopes: [...own, ...(request.scopes ?? [])], signal: request.signal };
    const send = (authorization: string | undefined) =>
      this.#http.send(url, {
        ...request,
        credentials: isOwn ? { ...endpoint.headers, ...(authorization !== undefined && { authorization }) } : undefined,
        security: isOwn ? securityOf(endpoint) : undefined,
      });
    const known = this.#authorizer.known(access);
    const response = await send(known);
    if (!isOwn || !this.#authorizer.isChallenge(response)) return response;
    const authorization = await this.#authorizer.answer(response, access, known);
    if (authorization === undefined) return response;
    discard(response);
    return await send(authorization);
  }
}

export const securityOf = ({ host, tls, certificates }: Endpoint): Security => ({ host, verify: tls === 'verified', certificates });
