import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, Exchange, Fault } from './fault-proxy.ts';

/** Answers by itself, without the registry. What the client sends is read to its end first. */
export const says =
  (status: number, headers: Readonly<Record<string, string>> = {}, body: string | Buffer = ''): Fault =>
  async ({ request, response }) => {
    for await (const _ of request);
    response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers }).end(body);
  };

/** An error as the specification wants it. */
export const refuses = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Fault =>
  says(status, { 'content-type': 'application/json', ...headers }, JSON.stringify({ errors: [{ code: 'UNKNOWN', message }] }));

/** Changes what the registry answers. */
export const changes =
  (change: Change): Fault =>
  async ({ ask, answer }) =>
    await answer(await ask(), change);

/** The connection breaks after so many bytes of the answer's body. */
export const cutsDown = (after: number): Fault => changes({ body: (source) => upTo(source, after, 'break') });

/** Nothing comes any more after so many bytes, and nobody says so. */
export const stallsDown = (after: number): Fault => changes({ body: (source) => upTo(source, after, 'stall') });

/** The connection breaks before there is an answer; the registry has heard nothing. */
export const hangsUp: Fault = async ({ response }) => void response.destroy();

/** Takes the request, and never says anything. */
export const staysSilent: Fault = async ({ request }) => {
  for await (const _ of request);
  await sleep(600_000, undefined, { ref: false });
};

/** The connection breaks after so many bytes of what the client sends. */
export const cutsUp =
  (after: number): Fault =>
  async ({ request, ask }) =>
    void (await ask({ body: upTo(request, after, 'break') }));

/** The registry does what is asked, and its answer gets lost. */
export const losesAnswer: Fault = async ({ ask, response }) => {
  const answer = await ask();
  for await (const _ of answer);
  response.destroy();
};

/** The registry hears nothing of who asks: what a token that expired meanwhile comes to, in its own words. */
export const forgetsWho: Fault = async ({ ask, answer }) => await answer(await ask({ headers: { authorization: '' } }));

/** One byte is another one. */
export const alters = (at: number): Fault => changes({ body: (source) => altered(source, at) });

/** Whole as far as HTTP goes, but fewer bytes than there are. */
export const shortens = (to: number): Fault =>
  changes({
    head: (headers) => {
      headers['content-length'] = String(to);
    },
    body: (source) => upTo(source, to, 'end'),
  });

/** More bytes than there are. */
export const lengthens = (by: number): Fault =>
  changes({
    head: (headers) => {
      headers['content-length'] = String(Number(headers['content-length']) + by);
    },
    async *body(source) {
      yield* source;
      yield Buffer.alloc(by, 'x');
    },
  });

/** A head that lies. */
export const claims = (name: string, value: string | undefined, status?: number): Fault =>
  changes({
    ...(status !== undefined && { status }),
    head: (headers) => {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    },
  });

/** Bytes that nobody should have read of an answer. */
export const ENOUGH = 64 << 20;

/** A body without an end, as fast as it is read. */
export const neverEnds =
  (status: number, headers: Readonly<Record<string, string>> = {}): Fault =>
  async (exchange) => {
    for await (const _ of exchange.request);
    await endless(exchange, { status, headers });
  };

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}
export async function endless({ response, seen }: Pick<Exchange, 'response' | 'seen'>, { status, headers }: Head): Promise<void> {
  response.writeHead(status, headers);
  async function* body(): AsyncGenerator<Buffer, void, undefined> {
    const chunk = Buffer.alloc(1 << 16, '{"errors":[');
    for (; seen.down < ENOUGH; seen.down += chunk.length) yield chunk;
  }
  await pipeline(body(), response);
}

async function* upTo(
  source: IncomingMessage | AsyncIterable<Buffer>,
  after: number,
  then: 'break' | 'stall' | 'end',
): AsyncGenerator<Buffer, void, undefined> {
  let left = after;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left > 0) continue;
    if (then === 'end') continue; // the rest is read and dropped
    await sleep(20); // what was passed on is to arrive first
    if (then === 'stall') await sleep(600_000, undefined, { ref: false });
    throw new Error('cut');
  }
}

async function* altered(source: AsyncIterable<Buffer>, at: number): AsyncGenerator<Buffer, void, undefined> {
  let start = 0;
  for await (const chunk of source) {
    const copy = Buffer.from(chunk);
    const place = at - start;
    if (place >= 0 && place < copy.length) copy[place] = (copy[place] ?? 0) ^ 0xff;
    start += copy.length;
    yield copy;
  }
}
