import { join } from 'node:path';

/** The driver's part of the store. */
export const driverRoot = (storeRoot: string): string => join(storeRoot, 'snapshots', 'overlay2');

/** What is written down of each snapshot. */
export interface Overlay2Data {
  /** Short names (in `l/`) of the committed snapshots below, topmost first. */
  readonly lowers: readonly string[];
  /** It is mounted more than once in its life. */
  readonly lasting?: boolean;
}

/** This snapshot's own files: the upper directory while it is active, a lower one afterwards. */
export const diffOf = (dir: string): string => join(dir, 'diff');
export const workOf = (dir: string): string => join(dir, 'work');
