import { type Agent, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import { VarveError } from '@varve/core';
import { isLoopback } from '../hosts/registry-host.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent from its beginning each time; its length is a header. */
  readonly body?: (() => AsyncIterable<Uint8Array> | Uint8Array) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A certificate that nobody vouches for will do. */
  readonly anyCertificate?: boolean | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;

/** HTTP as registries speak it: bodies are streams, nothing is decoded, credentials stay with the host and port they are for. */
export class HttpClient implements AsyncDisposable {
  readonly #stallTimeout: number;
  readonly #agents = new Map<string, Agent>();

  constructor(stallTimeout: number) {
    this.#stallTimeout = stallTimeout;
  }

  /** Follows redirects of reading requests. The body of the answer must be read or destroyed. Rejects with what the network says. */
  async send(url: URL, request: HttpRequest): Promise<IncomingMessage> {
    let here = url;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const isSame = here.origin === url.origin;
      const response = await this.#exchange(here, isSame ? request : withoutCredentials(request));
      const { location } = response.headers;
      const isReading = request.method === 'GET' || request.method === 'HEAD';
      if (!isReading || location === undefined || !REDIRECTS.has(response.statusCode ?? 0)) return response;
      response.resume();
      here = nextUrl(here, location);
    }
    throw new VarveError('REGISTRY_ANSWER', `${url.host} redirects more than ${MAX_REDIRECTS} times`);
  }

  #exchange(url: URL, { method, headers, body, signal, anyCertificate = false }: HttpRequest): Promise<IncomingMessage> {
    const isTls = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const options = {
        method,
        headers: { 'user-agent': 'varve', ...headers },
        agent: this.#agent(url, anyCertificate),
        signal,
        timeout: this.#stallTimeout,
      };
      const outgoing = isTls ? httpsRequest(url, options, resolve) : httpRequest(url, options, resolve);
      outgoing.on('timeout', () => outgoing.destroy(stalled(url, this.#stallTimeout)));
      outgoing.on('error', reject);
      const content = body?.();
      if (content === undefined || content instanceof Uint8Array) outgoing.end(content);
      else pipeline(Readable.from(content, { objectMode: false }), outgoing, (failure) => failure && reject(failure));
    });
  }

  /** Loopback is never reached through a proxy; everything else as the environment says (HTTPS_PROXY, NO_PROXY). */
  #agent(url: URL, anyCertificate: boolean): Agent {
    const isProxied = !isLoopback(url.host);
    const key = `${url.protocol} ${isProxied} ${anyCertificate}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const options = { keepAlive: true, ...(isProxied && { proxyEnv: process.env }) };
    const agent =
      url.protocol === 'https:'
        ? new HttpsAgent({ ...options, minVersion: 'TLSv1.2', rejectUnauthorized: !anyCertificate })
        : new HttpAgent(options);
    this.#agents.set(key, agent);
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents.values()) agent.destroy();
  }
}

function withoutCredentials({ headers = {}, ...request }: HttpRequest): HttpRequest {
  const { authorization: _, ...rest } = headers;
  return { ...request, headers: rest };
}

/** @throws VarveError `REGISTRY_ANSWER` for a place where nobody should be sent */
function nextUrl(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const isSafe = to !== undefined && (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:'));
  if (!isSafe)
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
