import { VarveError } from '@varve/core';
import type { ExpansionBudget } from './budget.ts';

/** Characters, and `null` for any one character. */
type Segment = readonly (string | null)[];

/** A shell pattern without bracket expressions: segments with a `*` between each two. */
export interface Glob {
  readonly segments: readonly Segment[];
}

export interface Match {
  readonly start: number;
  readonly end: number;
}

/** @throws VarveError `FRONTEND_EXPANSION` for a backslash before a character that needs none */
export function parseGlob(pattern: string): Glob {
  const segments: (string | null)[][] = [[]];
  const chars = Array.from(pattern);
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*') segments.push([]);
    else segments.at(-1)?.push(char === '?' ? null : char === '\\' ? readEscaped(chars[++at], pattern) : char);
  }
  return { segments };
}

function readEscaped(char: string | undefined, pattern: string): string {
  if (char !== undefined && '}/*?\\'.includes(char)) return char;
  throw new VarveError('FRONTEND_EXPANSION', `invalid pattern (${pattern}) in substitution: invalid escape '\\${char ?? ''}'`);
}

export function reverseGlob({ segments }: Glob): Glob {
  return { segments: segments.map((segment) => segment.toReversed()).toReversed() };
}

export interface MatchOptions {
  readonly longest: boolean;
  readonly budget: ExpansionBudget;
}

/**
 * Where a match that begins at `start` ends, or -1. Every segment but the last is taken where it first occurs: that leaves the most text
 * for what follows, so nothing is ever tried twice.
 */
export function matchAt({ segments }: Glob, text: readonly string[], start: number, options: MatchOptions): number {
  const [first = []] = segments;
  const last = segments.at(-1) ?? [];
  if (!fits(first, text, start)) return -1;
  let at = start + first.length;
  if (segments.length === 1) return at;
  for (const segment of segments.slice(1, -1)) {
    at = indexOf(segment, text, at, options.budget);
    if (at < 0) return -1;
    at += segment.length;
  }
  const found = options.longest ? lastIndexOf(last, text, at, options.budget) : indexOf(last, text, at, options.budget);
  return found < 0 ? -1 : found + last.length;
}

/** The first match at or after `from`, as long as possible. */
export function findGlob(glob: Glob, text: readonly string[], from: number, budget: ExpansionBudget): Match | undefined {
  const [first = []] = glob.segments;
  const start = indexOf(first, text, from, budget);
  // what does not follow the first occurrence follows no later one
  const end = start < 0 ? -1 : matchAt(glob, text, start, { longest: true, budget });
  return end < 0 ? undefined : { start, end };
}

function fits(segment: Segment, text: readonly string[], at: number): boolean {
  if (at + segment.length > text.length) return false;
  return segment.every((char, offset) => char === null || char === text[at + offset]);
}

function indexOf(segment: Segment, text: readonly string[], from: number, budget: ExpansionBudget): number {
  for (let at = from; at + segment.length <= text.length; at++) {
    budget.spend(segment.length);
    if (fits(segment, text, at)) return at;
  }
  return -1;
}

function lastIndexOf(segment: Segment, text: readonly string[], from: number, budget: ExpansionBudget): number {
  for (let at = text.length - segment.length; at >= from; at--) {
    budget.spend(segment.length);
    if (fits(segment, text, at)) return at;
  }
  return -1;
}
