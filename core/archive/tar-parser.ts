import { parsePax } from './pax.ts';
import { invalidTar, tarLimit, truncatedTar } from './tar-errors.ts';
import { hasRightSum, isZero, parseHeader, type RawHeader } from './tar-fields.ts';
import { bodySize, composeHeader, hasBody, type TarHeader, type TarLimits } from './tar-header.ts';
import { BLOCK, blocksOf } from './ustar.ts';

export interface TarEvents {
  header(header: TarHeader): void;
  /** A piece of the last member's body; valid as long as the chunk that was pushed. */
  data?(bytes: Uint8Array): void;
  /** The last member is complete. */
  end?(): void;
}

/** For all extended headers before one member. */
const EXTENSION_MAX = 1024 * 1024;
const DEFAULT_ENTRIES = 5_000_000;
const NO_RECORDS: ReadonlyMap<string, string> = new Map();

/** Parses a tar as its bytes come: no promise for each member, and no memory but for one header. */
export class TarParser {
  readonly #events: TarEvents;
  readonly #maxEntries: number;
  readonly #maxUnpacked: number;
  /** Bytes of an incomplete header or extension. */
  #rest: Buffer = Buffer.alloc(0);
  /** What comes next: a header block, the body of an extension, or a member's. */
  #state: 'header' | 'extension' | 'body' | 'done' = 'header';
  #extension: RawHeader | undefined;
  #extensionBytes = 0;
  #global: Map<string, string> | undefined;
  #local: Map<string, string> | undefined;
  #bodyLeft = 0;
  #padding = 0;
  #at = 0;
  #entries = 0;
  #unpacked = 0;

  constructor(events: TarEvents, limits: TarLimits = {}) {
    this.#events = events;
    this.#maxEntries = limits.entries ?? DEFAULT_ENTRIES;
    this.#maxUnpacked = limits.unpackedSize ?? Number.POSITIVE_INFINITY;
  }

  /** Nothing that follows counts: trailing zeros, or whatever it is. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  push(chunk: Uint8Array): void {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (bytes.length > 0 && this.#state !== 'done') {
      bytes = this.#state === 'body' ? this.#body(bytes) : this.#collect(bytes);
    }
    this.#at += bytes.length;
  }

  /** @throws VarveError `TAR_TRUNCATED`. A tar without its closing blocks is complete, as for other tools. */
  end(): void {
    const isComplete = this.#state === 'done' || (this.#state === 'header' && this.#rest.length === 0);
    if (!isComplete || this.#local !== undefined) throw truncatedTar(this.#at);
  }

  /** Takes a piece of the body, then of the padding; returns what is left of the bytes. */
  #body(bytes: Buffer): Buffer {
    const data = Math.min(this.#bodyLeft, bytes.length);
    if (data > 0) this.#events.data?.(bytes.subarray(0, data));
    this.#bodyLeft -= data;
    const padding = Math.min(this.#padding, bytes.length - data);
    this.#padding -= padding;
    this.#at += data + padding;
    if (this.#bodyLeft === 0 && this.#padding === 0) this.#finishMember();
    return bytes.subarray(data + padding);
  }

  #finishMember(): void {
    this.#state = 'header';
    this.#events.end?.();
  }

  /** Gathers a whole header or extension; returns what is left of the bytes. */
  #collect(bytes: Buffer): Buffer {
    const need = this.#state === 'header' ? BLOCK : blocksOf(this.#extensionSize);
    const take = Math.min(need - this.#rest.length, bytes.length);
    const whole = this.#rest.length === 0 ? bytes.subarray(0, take) : Buffer.concat([this.#rest, bytes.subarray(0, take)]);
    this.#at += take;
    if (whole.length < need) this.#rest = Buffer.from(whole);
    else {
      this.#rest = Buffer.alloc(0);
      if (this.#state === 'header') this.#header(whole);
      else this.#extend(whole.subarray(0, this.#extensionSize));
    }
    return bytes.subarray(take);
  }

  get #extensionSize(): number {
    return this.#extension?.size ?? 0;
  }

  #header(block: Buffer): void {
    const at = this.#at - BLOCK;
    if (isZero(block)) {
      this.#state = 'done';
      if (this.#local !== undefined) throw truncatedTar(this.#at);
      return;
    }
    const raw = parseHeader(block);
    if (raw === undefined || !hasRightSum(block)) throw invalidTar(raw ? 'a header with a wrong checksum' : 'no header', at);
    if (raw.size < 0) throw invalidTar('a size out of range', at);
    if ('xXgLK'.includes(raw.type)) this.#startExtension(raw);
    else if (raw.type === 'V')
      this.#startBody(raw.size); // GNU's volume label
    else this.#member(raw);
  }

  #startExtension(raw: RawHeader): void {
    this.#extensionBytes += raw.size;
    if (this.#extensionBytes > EXTENSION_MAX) throw tarLimit('bytes in one extended header', EXTENSION_MAX);
    this.#extension = raw;
    if (raw.size > 0) this.#state = 'extension';
  }

  #extend(bytes: Buffer): void {
    this.#state = 'header';
    const { type } = this.#extension as RawHeader; // set when the state became `extension`
    if (type === 'g') {
      this.#global ??= new Map();
      this.#addRecords(this.#global, bytes);
      this.#extensionBytes = 0;
      return;
    }
    this.#local ??= new Map();
    if (type === 'L') this.#local.set('path', untilZero(bytes));
    else if (type === 'K') this.#local.set('linkpath', untilZero(bytes));
    else this.#addRecords(this.#local, bytes);
  }

  #addRecords(records: Map<string, string>, bytes: Buffer): void {
    const parsed = parsePax(bytes);
    if (parsed === undefined) throw invalidTar('a malformed extended header', this.#at - bytes.length);
    for (const [key, value] of parsed) records.set(key, value);
  }

  #member(raw: RawHeader): void {
    if (++this.#entries > this.#maxEntries) throw tarLimit('members', this.#maxEntries);
    const place = { offset: this.#at, pax: this.#takeRecords() };
    const header = composeHeader(raw, place);
    const size = hasBody(raw.type) ? bodySize(raw, place) : 0;
    this.#unpacked += size;
    if (this.#unpacked > this.#maxUnpacked) throw tarLimit('bytes of files', this.#maxUnpacked);
    this.#events.header(header);
    this.#startBody(size);
  }

  #startBody(size: number): void {
    this.#bodyLeft = size;
    this.#padding = blocksOf(size) - size;
    this.#state = 'body';
    if (size === 0) this.#finishMember();
  }

  /** An empty value takes a record back (POSIX pax, Extended Header Keyword Precedence). */
  #takeRecords(): ReadonlyMap<string, string> {
    const local = this.#local;
    this.#local = undefined;
    this.#extensionBytes = 0;
    if (this.#global === undefined && local === undefined) return NO_RECORDS;
    const records = new Map([...(this.#global ?? []), ...(local ?? [])]);
    for (const [key, value] of records) if (value === '' && !key.startsWith('SCHILY.xattr.')) records.delete(key);
    return records;
  }
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}
