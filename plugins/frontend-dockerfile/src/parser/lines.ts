import { syntaxError } from './syntax-error.ts';

/** One physical line. */
export interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** With its ending: bodies of heredocs keep it. */
  readonly raw: string;
  /** Without its ending. */
  readonly text: string;
}

/** The longest line that other builders read, in bytes. */
const LONGEST = 65_535;
/** No character takes more bytes in UTF-8 than three per UTF-16 unit: shorter lines need not be measured. */
const SURELY_SHORT = LONGEST / 3;

export interface LineReader {
  /** The next line, or `undefined` at the end. */
  next(): Line | undefined;
  /** Number of the line read last. */
  readonly number: number;
}

/** Walks through the lines of `text`; a byte order mark in front is dropped. */
export function readLines(text: string, file: string): LineReader {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let number = 0;
  return {
    get number() {
      return number;
    },
    next() {
      if (at >= text.length) return undefined;
      const end = text.indexOf('\n', at);
      const raw = end < 0 ? text.slice(at) : text.slice(at, end + 1);
      at += raw.length;
      number += 1;
      refuseTooLong(raw, { file, startLine: number, endLine: number });
      return { number, raw, text: withoutEnding(raw) };
    },
  };
}

function withoutEnding(raw: string): string {
  let end = raw.length;
  while (end > 0 && (raw[end - 1] === '\n' || raw[end - 1] === '\r')) end--;
  return raw.slice(0, end);
}

function refuseTooLong(raw: string, source: Parameters<typeof syntaxError>[1]): void {
  if (raw.length <= SURELY_SHORT) return;
  const bytes = Buffer.byteLength(raw.endsWith('\n') ? raw.slice(0, -1) : raw);
  if (bytes <= LONGEST) return;
  throw syntaxError(`dockerfile line greater than max allowed size of ${LONGEST}`, source, 'Break the line with a continuation character');
}
