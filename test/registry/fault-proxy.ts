import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A request on its way, and what may be done to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seen: Seen;
  /** Sends it on and waits for the head of the answer. The body of `sent`, or the request's own, goes along. */
  ask(sent?: { readonly headers?: object; readonly body?: AsyncIterable<Uint8Array> }): Promise<IncomingMessage>;
  /** Gives the answer to the client, its head changed by `head`, its body by `body`. */
  answer(from: IncomingMessage, change?: Change): Promise<void>;
}
export interface Change {
  readonly status?: number;
  readonly head?: (headers: Record<string, string | string[] | undefined>) => void;
  readonly body?: (source: AsyncIterable<Buffer>) => AsyncIterable<Uint8Array>;
}
export type Fault = (exchange: Exchange) => Promise<void>;

/** Which requests get it (`METHOD /path?query`), and how many of them. */
export interface Rule {
  readonly on: RegExp;
  readonly where?: (request: IncomingMessage) => boolean;
  readonly times: number;
  /** How many go well before. */
  readonly after?: number;
  readonly fault: Fault;
}

/** A request as the client sent it, and the bytes of bodies that went through. */
export interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  /** Bytes from the client, and to it. */
  up: number;
  down: number;
}

/** Stands between client and registry, hands everything on, and does to chosen requests what networks, proxies and registries do. */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #upstream: string;
  /** A registry behind a proxy that ends TLS says its addresses with the scheme that it is told. */
  readonly #scheme: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #rules: { readonly rule: Rule; passed: number; done: number }[] = [];
  readonly requests: Seen[] = [];

  private constructor(upstream: string, tls: { readonly key: string; readonly cert: string } | undefined) {
    this.#upstream = upstream;
    this.#scheme = tls === undefined ? 'http' : 'https';
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#handle(request, response);
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  }

  static async start(upstream: string, tls?: { readonly key: string; readonly cert: string }): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream, tls);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on these things happen, instead of what was asked for before, and requests are counted anew. */
  does(...rules: readonly Rule[]): void {
    this.#rules.splice(0, this.#rules.length, ...rules.map((rule) => ({ rule, passed: 0, done: 0 })));
    this.requests.length = 0;
  }

  seen(on: RegExp): readonly Seen[] {
    return this.requests.filter(({ line }) => on.test(line));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen: Seen = { line: `${request.method} ${request.url}`, headers: request.headers, up: 0, down: 0 };
    this.requests.push(seen);
    for (const stream of [request, response]) stream.on('error', () => undefined); // a client that goes away is what is tested
    const exchange: Exchange = {
      request,
      response,
      seen,
      ask: (sent = {}) => this.#ask(request, { headers: sent.headers ?? {}, body: counted(sent.body ?? request, seen, 'up') }),
      answer: (from, change = {}) =>
        give(response, from, { ...change, body: (source) => counted(change.body?.(source) ?? source, seen, 'down') }),
    };
    try {
      await (this.#faultFor(seen.line, request) ?? handOn)(exchange);
    } catch {
      response.destroy(); // one side went away
    }
  }

  #faultFor(line: string, request: IncomingMessage): Fault | undefined {
    for (const entry of this.#rules) {
      if (!entry.rule.on.test(line) || entry.rule.where?.(request) === false) continue;
      if (entry.passed < (entry.rule.after ?? 0)) entry.passed++;
      else if (entry.done < entry.rule.times) {
        entry.done++;
        return entry.rule.fault;
      }
    }
    return undefined;
  }

  async #ask(
    request: IncomingMessage,
    sent: { readonly headers: object; readonly body: AsyncIterable<Uint8Array> },
  ): Promise<IncomingMessage> {
    const [host = '', port] = this.#upstream.split(':');
    const headers = { ...request.headers, 'x-forwarded-proto': this.#scheme, ...sent.headers };
    const outgoing = httpRequest({ host, port, method: request.method, path: request.url, headers, agent: this.#agent });
    outgoing.on('error', () => undefined); // also after the answer
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    pass(sent.body, outgoing).catch((failure: Error) => outgoing.destroy(failure));
    const [response] = await answered;
    return response;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const handOn: Fault = async ({ ask, answer }) => await answer(await ask());

async function* counted(source: AsyncIterable<Uint8Array>, seen: Seen, way: 'up' | 'down'): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    seen[way] += chunk.length;
    yield chunk;
  }
}

/** Ends when both sides have; a side that goes away ends the other. */
const pass = (source: AsyncIterable<Uint8Array>, to: Writable): Promise<void> => pipeline(Readable.from(source, { objectMode: false }), to);

async function give(response: ServerResponse, from: IncomingMessage, { status, head, body }: Change): Promise<void> {
  const headers: Record<string, string | string[] | undefined> = { ...from.headers };
  head?.(headers);
  response.writeHead(status ?? from.statusCode ?? 502, headers);
  response.flushHeaders();
  await pass(body?.(from) ?? from, response);
}
