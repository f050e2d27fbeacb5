import { type Attributes, type Content, type Entry, type FileEntry, normaliseIndex } from '../archive/index.ts';
import { composeLayer, type Layer, type LayerID } from '../image/index.ts';

/** Attributes that no file gets by itself, so that a test sees whether they were kept. */
export const ATTRIBUTES: Attributes = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 1_000_000_001, nanoseconds: 123_456_789 } };

type Some = Partial<Attributes>;

/** Entries in short, for tests: what is not said is as in `ATTRIBUTES`. */
export const entry = {
  file: (path: string, size: number, more: Some = {}): Entry => ({ type: 'file', path, size, ...ATTRIBUTES, ...more }),
  dir: (path: string, more: Some = {}): Entry => ({ type: 'directory', path, ...ATTRIBUTES, mode: 0o755, ...more }),
  symlink: (path: string, target: string, more: Some = {}): Entry => ({
    type: 'symlink',
    path,
    target,
    ...ATTRIBUTES,
    mode: 0o777,
    ...more,
  }),
  link: (path: string, target: string): Entry => ({ type: 'hardlink', path, target }),
  fifo: (path: string, more: Some = {}): Entry => ({ type: 'fifo', path, ...ATTRIBUTES, ...more }),
  device: (path: string, type: 'char' | 'block', major: number, minor: number): Entry => ({ type, path, major, minor, ...ATTRIBUTES }),
  whiteout: (path: string): Entry => ({ type: 'whiteout', path }),
  opaque: (path: string): Entry => ({ type: 'opaque', path }),
} as const;

/** Bytes of a file that are its path over and over: every file of another path or size has other bytes. */
export function fixtureContent({ path, size }: FileEntry): Content {
  return { kind: 'bytes', bytes: Buffer.alloc(size, path === '' ? '-' : path) };
}

/** A layer of these entries, in any order; files hold `fixtureContent`. */
export const fixtureLayer = (id: LayerID, entries: readonly Entry[]): Layer => composeLayer(id, normaliseIndex(entries), fixtureContent);

export const fixtureIndex = (entries: readonly Entry[]): readonly Entry[] => normaliseIndex(entries);
