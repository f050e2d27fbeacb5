import type { Entry } from './entry.ts';
import { encodeName } from './names.ts';
import { isWithin, parentOf } from './paths.ts';

const SLASH = 47;
/** Below this UTF-16 units sort as the bytes of their UTF-8 do. */
const SURROGATES = 0xd800;

/** Order of names by their bytes. */
export function compareNames(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    return x < SURROGATES && y < SURROGATES ? x - y : Buffer.compare(encodeName(a), encodeName(b));
  }
  return a.length - b.length;
}

/** Depth-first order of paths: component by component, each by its bytes; a directory comes right before what it holds. */
export function comparePaths(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x === SLASH) return -1;
    if (y === SLASH) return 1;
    return x < SURROGATES && y < SURROGATES ? x - y : compareRest(a, b, i);
  }
  return a.length - b.length;
}

function compareRest(a: string, b: string, differAt: number): number {
  const start = a.lastIndexOf('/', differAt) + 1;
  return compareNames(componentAt(a, start), componentAt(b, start));
}

function componentAt(path: string, start: number): string {
  const end = path.indexOf('/', start);
  return end < 0 ? path.slice(start) : path.slice(start, end);
}

/** The order of a layer's index and of its tar: parents first, in each directory the opaque marker, then whiteouts, then names. */
export function compareEntries(a: Entry, b: Entry): number {
  const rankA = rankOf(a);
  const rankB = rankOf(b);
  if (rankA === NODE && rankB === NODE) return comparePaths(a.path, b.path);
  const placeA = placeOf(a, rankA);
  const placeB = placeOf(b, rankB);
  if (placeA === placeB) return rankA === rankB ? comparePaths(a.path, b.path) : compareRanks(rankA, rankB);
  // A marker stands right after the directory that it is about: before everything else in there.
  if (rankA !== NODE && isWithin(placeB, placeA)) return -1;
  if (rankB !== NODE && isWithin(placeA, placeB)) return 1;
  return comparePaths(placeA, placeB);
}

const OPAQUE = 0;
const WHITEOUT = 1;
const NODE = 2;

const rankOf = ({ type }: Entry): number => (type === 'opaque' ? OPAQUE : type === 'whiteout' ? WHITEOUT : NODE);

/** A node stands where it is, a marker in the directory that it is about. */
const placeOf = (entry: Entry, rank: number): string => (rank === WHITEOUT ? parentOf(entry.path) : entry.path);

/** Of a directory and the markers about it: the directory itself first. */
const compareRanks = (a: number, b: number): number => (a === NODE ? -1 : b === NODE ? 1 : a - b);
