import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { VarveError } from '@varve/core';
import { isLinkLocal } from '../hosts/registry-host.ts';
import type { Agents, Security } from './agents.ts';
import { proxyAuthorization, proxyFailure } from './proxy.ts';
import { sendBody } from './send-body.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Headers for the address's own host and port, and for no other that it redirects to. */
  readonly credentials?: Readonly<Record<string, string>> | undefined;
  /** Sent from its beginning each time; its length is a header. */
  readonly body?: (() => AsyncIterable<Uint8Array> | Uint8Array) | undefined;
  /** The body is for the address's own host and port, as credentials are: a redirect to another is not followed. */
  readonly isConfidential?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the address itself; another host that it redirects to is verified. */
  readonly security?: Security | undefined;
}

export interface HttpOptions {
  readonly agents: Agents;
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly stallTimeout: number;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;
/** Interim answers (1xx) to one request: each is a byte that came, so that whoever sends nothing else would never count as lost. */
const MAX_INTERIM = 100;
/** A registry that has all of a blob may work long on it before it answers: for each so many bytes it is given the same time again. */
const COMMIT_BYTES = 64 << 20;

/** HTTP as registries speak it: bodies are streams, nothing is decoded, credentials stay with the host and port they are for. */
export class HttpClient implements AsyncDisposable {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Follows redirects. The body of the answer must be read or destroyed. Rejects with what the network says. */
  async send(url: URL, request: HttpRequest): Promise<IncomingMessage> {
    let here = url;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const isSame = here.origin === url.origin;
      const response = await this.#exchange(here, isSame ? request : withoutCredentials(request));
      const { location } = response.headers;
      const status = response.statusCode ?? 0;
      // 307 and 308 ask for the same request elsewhere, body and all; the others are no answer to one that changes something.
      const isSent = request.method === 'GET' || request.method === 'HEAD' || status === 307 || status === 308;
      if (!isSent || location === undefined || !REDIRECTS.has(status)) return response;
      discard(response);
      here = nextUrl(here, location);
      if (request.isConfidential && here.origin !== url.origin)
        throw new VarveError('REGISTRY_ANSWER', `${url.host} redirects what is for it alone to ${here.host}, which is not safe`);
    }
    throw new VarveError('REGISTRY_ANSWER', `${url.host} redirects more than ${MAX_REDIRECTS} times`);
  }

  /** Whether somebody said who vouches for this host. */
  async isPinned(security: Security): Promise<boolean> {
    return await this.#options.agents.isPinned(security);
  }

  async #exchange(url: URL, request: HttpRequest): Promise<IncomingMessage> {
    const { method, headers, credentials, body, signal } = request;
    const security = request.security ?? { host: url.host, verify: true };
    const { agent, proxy } = await this.#options.agents.find(url, security);
    signal?.throwIfAborted();
    const common = {
      method,
      agent,
      signal,
      timeout: this.#options.stallTimeout,
      headers: { 'user-agent': 'varve', ...headers, ...credentials },
    };
    return await new Promise((resolve, reject) => {
      let response: IncomingMessage | undefined;
      const answered = (message: IncomingMessage): void => {
        response = message;
        resolve(message);
      };
      const outgoing = open(url, { ...common, proxy }, answered);
      outgoing.on('socket', listenForErrors);
      outgoing.on('error', (cause) => reject(proxy === undefined ? cause : proxyFailure(proxy, cause)));
      this.#watch(outgoing, url, () => response);
      const content = body?.();
      if (content === undefined || content instanceof Uint8Array) outgoing.end(content);
      else sendBody(content, outgoing).catch(reject);
    });
  }

  /** Ends a connection on which nothing moves. It is not the server's fault where bytes wait for us to read them. */
  #watch(outgoing: ClientRequest, url: URL, answer: () => IncomingMessage | undefined): void {
    let patience = Number(outgoing.getHeader('content-length') ?? 0) / COMMIT_BYTES;
    let interim = 0;
    outgoing.on('information', () => {
      if (++interim > MAX_INTERIM) outgoing.destroy(new VarveError('REGISTRY_ANSWER', `${url.host} gives interim answers without an end`));
    });
    outgoing.on('timeout', () => {
      const response = answer();
      const isOurs = response !== undefined && response.readableLength > 0;
      const isCommitting =
        response === undefined && outgoing.writableFinished && (outgoing.method === 'PUT' || outgoing.method === 'PATCH');
      if (isOurs || (isCommitting && --patience > 0)) outgoing.setTimeout(this.#options.stallTimeout);
      else outgoing.destroy(stalled(url, this.#options.stallTimeout));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.agents[Symbol.asyncDispose]();
  }
}

/**
 * A request that is aborted when its answer has just ended destroys its connection with an error, and Node has taken its own listener away by
 * then: nobody's error would end the process. Whoever has a request hears of its errors otherwise.
 */
function listenForErrors(socket: Socket): void {
  if (!heard.has(socket)) socket.on('error', () => undefined);
  heard.add(socket);
}
const heard = new WeakSet<Socket>();

type RequestOptions = NonNullable<Parameters<typeof httpsRequest>[1]> & { readonly headers: Record<string, string> };

/** Without TLS a proxy is asked for the whole address; with it there is a tunnel. */
function open(
  url: URL,
  { proxy, ...options }: RequestOptions & { readonly proxy: URL | undefined },
  answered: (response: IncomingMessage) => void,
): ClientRequest {
  if (url.protocol === 'https:') return httpsRequest(url, options, answered);
  if (proxy === undefined) return httpRequest(url, options, answered);
  const headers = { ...options.headers, host: url.host, ...proxyAuthorization(proxy) };
  const { hostname: host, port, protocol } = proxy;
  const request = { ...options, host: host.replace(/^\[|\]$/g, ''), path: url.href, headers };
  if (protocol === 'https:') return httpsRequest({ ...request, port: port || 443 }, answered);
  return httpRequest({ ...request, port: port || 80 }, answered);
}

const withoutCredentials = ({ credentials: _, security: __, ...request }: HttpRequest): HttpRequest => request;

/** @throws VarveError `REGISTRY_ANSWER` for a place where nobody should be sent */
function nextUrl(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const isSafe = to !== undefined && (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:'));
  if (!isSafe || (isLinkLocal(to.host) && !isLinkLocal(from.host)))
    throw new VarveError(
      'REGISTRY_ANSWER',
      `${from.host} redirects to ${to === undefined ? 'no address' : `${to.protocol}//${to.host}`}, which is not safe`,
    );
  to.username = '';
  to.password = '';
  return to;
}

const stalled = (url: URL, ms: number): Error =>
  Object.assign(new Error(`no byte from ${url.host} for ${ms / 1000} s`), { code: 'ETIMEDOUT' });

/** All of a small body. @throws VarveError `REGISTRY_ANSWER` as soon as it is longer than `limit` bytes */
export async function readBody(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new VarveError('REGISTRY_ANSWER', `Expected at most ${limit} bytes, found more`); // leaving the loop destroys the response
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const DISCARDED = 64 << 10;

/** Reads what nobody wants, so that the connection can be used again; a body that goes on and on is cut. */
export const discard = (response: IncomingMessage): void => void readBody(response, DISCARDED).catch(() => undefined);
