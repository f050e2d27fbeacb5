import { get as getHttp, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { get as getHttps, Agent as HttpsAgent } from 'node:https';
import { messageOf, VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { printableUrl } from './printable-url.ts';

const MAX_REDIRECTS = 10;
/** Milliseconds without a byte. */
const STALL = 60_000;

export interface Download {
  readonly body: AsyncIterable<Uint8Array>;
  /** Milliseconds since 1970, as the server says. */
  readonly lastModified: number | undefined;
}

/**
 * Starts to fetch a file, following redirects; bytes come as they are stored, whatever encoding the server would like.
 *
 * @throws VarveError `FETCH_FAILED`
 */
export async function download(text: string, { signal }: Abortable): Promise<Download> {
  let url = parseUrl(text, undefined);
  for (let turn = 0; turn <= MAX_REDIRECTS; turn++) {
    const response = await request(url, signal);
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy();
      url = parseUrl(headers.location, url);
      continue;
    }
    if (statusCode === 200) return { body: bytesOf(response, { url, signal }), lastModified: timeOf(headers['last-modified']) };
    response.destroy();
    throw failed(url, `the server answered ${statusCode} ${response.statusMessage ?? ''}`.trim());
  }
  throw failed(url, `it redirects more than ${MAX_REDIRECTS} times`);
}

function parseUrl(text: string, from: URL | undefined): URL {
  const url = URL.parse(text, from?.href);
  if (url === null) throw new VarveError('FETCH_FAILED', `Expected an address, found ${JSON.stringify(printableUrl(text))}`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw failed(url, 'only http and https are fetched');
  if (from?.protocol === 'https:' && url.protocol === 'http:') throw failed(url, 'it redirects from https to http');
  return url;
}

function request(url: URL, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  const get = isSecure ? getHttps : getHttp;
  // HTTP_PROXY and its kin, which are never for this host itself.
  const proxy = isLoopback(url.hostname) ? {} : { proxyEnv: process.env };
  const agent = isSecure ? new HttpsAgent(proxy) : new HttpAgent(proxy);
  const headers = { 'accept-encoding': 'identity', 'user-agent': 'varve' };
  return new Promise((resolve, reject) => {
    const started = get(url, { agent, headers, timeout: STALL, ...(signal && { signal }) }, resolve);
    started.on('timeout', () => started.destroy(failed(url, `nothing came for ${STALL / 1000} seconds`)));
    started.on('error', (cause) => reject(VarveError.is(cause) || signal?.aborted ? cause : failed(url, cause.message, cause)));
  });
}

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

interface Started extends Abortable {
  readonly url: URL;
}

async function* bytesOf(response: IncomingMessage, { url, signal }: Started): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* response;
  } catch (cause) {
    throw VarveError.is(cause) || signal?.aborted ? cause : failed(url, messageOf(cause), cause);
  }
}

function timeOf(header: string | undefined): number | undefined {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? undefined : time;
}

const failed = (url: URL, why: string, cause?: unknown): VarveError =>
  new VarveError('FETCH_FAILED', `failed to fetch ${printableUrl(url.href)}: ${why}`, {
    cause,
    hint: 'Look whether the address is right and can be reached from here.',
  });
