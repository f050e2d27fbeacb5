import type { TarHeader, TarLimits } from './tar-header.ts';
import { TarParser } from './tar-parser.ts';

/** One member of a tar that is being read. */
export interface TarMember extends TarHeader {
  /** The member's bytes. Read them while the handler runs, all, some or none; the rest is skipped. */
  readonly body: AsyncIterable<Uint8Array>;
}

type Event =
  | { readonly kind: 'header'; readonly header: TarHeader }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

/**
 * Reads a plain tar of any kind (V7, ustar, PAX, GNU) and hands over its members one after the other, each when the handler is done with
 * the one before. Whiteouts are files here: this serves outer archives too.
 *
 * @throws VarveError `TAR_INVALID`, `TAR_TRUNCATED`, `TAR_SPARSE`, `TAR_PATH`, `TAR_LIMIT`
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  handler: (member: TarMember) => void | Promise<void>,
  limits: TarLimits = {},
): Promise<void> {
  const events = new TarEventReader(source, limits);
  try {
    for (let event = await events.next(); event !== undefined; event = await events.next()) {
      if (event.kind !== 'header') continue; // what the handler left of a body
      await handler({ ...event.header, body: bodyOf(events, events.member) });
    }
  } finally {
    await events.close();
  }
}

/** Ends at the member's end, or when the handler is done and others have read on. */
async function* bodyOf(events: TarEventReader, member: number): AsyncGenerator<Uint8Array, void, undefined> {
  while (events.member === member && !events.isAtEnd) {
    const event = await events.next();
    if (event?.kind !== 'data') return;
    yield event.bytes;
  }
}

/** Pulls what a parser pushes. */
class TarEventReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #parser: TarParser;
  #queue: Event[] = [];
  #at = 0;
  #ended = false;
  /** Number of the member that the next data belong to. */
  member = 0;
  isAtEnd = false;

  constructor(source: AsyncIterable<Uint8Array>, limits: TarLimits) {
    this.#source = source[Symbol.asyncIterator]();
    this.#parser = new TarParser(
      {
        header: (header) => this.#queue.push({ kind: 'header', header }),
        data: (bytes) => this.#queue.push({ kind: 'data', bytes }),
        end: () => this.#queue.push({ kind: 'end' }),
      },
      limits,
    );
  }

  async next(): Promise<Event | undefined> {
    while (this.#at >= this.#queue.length) if (!(await this.#fill())) return undefined;
    const event = this.#queue[this.#at++];
    if (event?.kind === 'header') {
      this.member++;
      this.isAtEnd = false;
    } else if (event?.kind === 'end') this.isAtEnd = true;
    return event;
  }

  /** Reads one more chunk; false at the end, which is read up to the last byte so that whoever passes the bytes on sees them all. */
  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const result = await this.#source.next();
    this.#queue = [];
    this.#at = 0;
    if (result.done === true) {
      this.#ended = true;
      this.#parser.end();
    } else this.#parser.push(result.value);
    return !this.#ended;
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#source.return?.();
  }
}
