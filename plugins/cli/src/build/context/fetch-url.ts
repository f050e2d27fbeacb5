import { get as getHttp, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { get as getHttps, Agent as HttpsAgent } from 'node:https';
import { messageOf, VarveError } from '@varve/core';
import { printablePlace } from './printable-place.ts';

export interface FetchLimits {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds without a byte. */
  readonly stall: number;
  /** Milliseconds in all. */
  readonly time: number;
}
export const FETCH_LIMITS: FetchLimits = { size: 16 * 2 ** 30, stall: 60_000, time: 60 * 60 * 1000 };
const REDIRECTS = 10;

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly limits?: FetchLimits;
  /** Told when the server says that the file was last changed, in seconds since 1970. */
  modified?(seconds: number): void;
}

/** The bytes of a file, redirects followed. @throws VarveError `CONTEXT_FETCH`, `CONTEXT_TOO_LARGE` */
export async function* fetchUrl(
  text: string,
  { signal, limits = FETCH_LIMITS, modified }: FetchOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const patience = AbortSignal.timeout(limits.time);
  const options = { signal: AbortSignal.any([signal, patience]), stall: limits.stall };
  try {
    const response = await openUrl(text, options);
    const time = Date.parse(response.headers['last-modified'] ?? '');
    if (Number.isFinite(time)) modified?.(Math.floor(time / 1000));
    yield* limited(response, text, limits.size);
  } catch (cause) {
    signal.throwIfAborted();
    if (VarveError.is(cause)) throw cause;
    throw failed(text, patience.aborted ? `it took more than ${limits.time / 1000} seconds` : messageOf(cause), cause);
  }
}

async function openUrl(text: string, options: Opening): Promise<IncomingMessage> {
  let url = parseUrl(text);
  for (let turn = 0; turn <= REDIRECTS; turn++) {
    const response = await request(url, options);
    const { statusCode = 0, statusMessage = '', headers } = response;
    if (statusCode === 200) return response;
    response.destroy();
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined)
      throw failed(text, `the server answered ${statusCode} ${statusMessage}`.trim());
    url = parseUrl(headers.location, url);
  }
  throw failed(text, `it redirects more than ${REDIRECTS} times`);
}

function parseUrl(text: string, from?: URL): URL {
  const url = URL.parse(text, from?.href);
  if (url === null) throw failed(text, 'this is no address');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw failed(url.href, 'only http and https are fetched');
  if (from?.protocol === 'https:' && url.protocol === 'http:') throw failed(url.href, 'it redirects from https to http');
  return url;
}

interface Opening {
  readonly signal: AbortSignal;
  readonly stall: number;
}

function request(url: URL, { signal, stall }: Opening): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  const proxy = isLoopback(url.hostname) ? {} : { proxyEnv: process.env };
  const agent = isSecure ? new HttpsAgent(proxy) : new HttpAgent(proxy);
  const headers = { 'accept-encoding': 'identity', 'user-agent': 'varve' };
  return new Promise((resolve, reject) => {
    const started = (isSecure ? getHttps : getHttp)(url, { agent, headers, signal, timeout: stall });
    let reading: IncomingMessage | undefined;
    started.on('response', (response) => {
      reading = response;
      resolve(response);
    });
    started.on('timeout', () => (reading ?? started).destroy(failed(url.href, `nothing came for ${stall / 1000} seconds`)));
    started.on('error', reject);
  });
}

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

async function* limited(response: IncomingMessage, text: string, limit: number): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit)
      throw new VarveError('CONTEXT_TOO_LARGE', `Expected at most ${limit} bytes at ${printablePlace(text)}, and there are more`);
    yield chunk;
  }
}

const failed = (text: string, why: string, cause?: unknown): VarveError =>
  new VarveError('CONTEXT_FETCH', `failed to fetch remote URL ${printablePlace(text)}: ${why}`, {
    cause,
    hint: 'Look whether the address is right and can be reached from here.',
  });
