import { readFileSync } from 'node:fs';
import type { BuildEvent } from '@varve/core';
import { ROW } from '@varve/core/system';
import { type Group, Looks } from './looks.ts';

/** What a build was told as, and what has to be as it was for the same build to come to the same without doing anything. */
export interface Receipt {
  /** See `conditionsOf`. */
  readonly conditions: string;
  /** Milliseconds since 1970: then it is time to note again what of the store is in use. */
  readonly until: number;
  readonly id: string;
  /** Absolute path of a file for the ID. */
  readonly iidfile?: string | undefined;
  /** As they are where every step is cached. */
  readonly events: readonly BuildEvent[];
  /** Lines of stderr before the events and after them. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The build file, the context and the store. */
  readonly looks: Looks;
  /** Files of the store that may also be gone. */
  readonly passing: Looks;
}

/** Bytes: the length of the text, and how many rows are of `looks`. */
const HEAD = 8;

/** A text of JSON, then rows. */
export function encodeReceipt({ looks, passing, ...told }: Receipt): readonly Uint8Array[] {
  const json = JSON.stringify({ ...told, looks: looks.groups, passing: passing.groups });
  const text = Buffer.from(json);
  const padding = Buffer.alloc(-text.length & 3, ' ');
  const head = Uint32Array.of(text.length + padding.length, looks.size);
  return [head, text, padding, looks.rows, passing.rows].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
}

/** `undefined` where there is none, or something else. */
export function readReceipt(file: string): Receipt | undefined {
  try {
    const bytes = readFileSync(file);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    const [length = 0, size = 0] = words;
    const text = JSON.parse(bytes.toString('utf8', HEAD, HEAD + length)) as Told;
    const rows = words.subarray((HEAD + length) >>> 2);
    const looks = new Looks(text.looks, rows.subarray(0, size * ROW.length));
    const passing = new Looks(text.passing, rows.subarray(size * ROW.length));
    return looks.isWhole && passing.isWhole ? { ...text, looks, passing } : undefined;
  } catch {
    return undefined;
  }
}

type Told = Omit<Receipt, 'looks' | 'passing'> & { readonly looks: readonly Group[]; readonly passing: readonly Group[] };
