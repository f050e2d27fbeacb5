import { readdirSync, readlinkSync } from 'node:fs';
import { getXattr, listXattrs, splitDevice, whySystemUnavailable } from '../system/index.ts';
import type { Attributes, NodeEntry, Timestamp } from './entry.ts';
import { isLayerXattr } from './layer-xattrs.ts';
import { decodeLatin1Name, decodeLatin1Names, pathOf } from './names.ts';

/** What an entry is made of, as `lstat` has it. */
export type HostStats = Readonly<Record<'mode' | 'uid' | 'gid' | 'size' | 'rdev', bigint | number>> & { readonly mtime: Timestamp };

export interface HostFile {
  /** Entry path. */
  readonly path: string;
  /** Where it lies. */
  readonly host: string;
  readonly stats: HostStats;
  /** Names of its extended attributes where they are known or not wanted. */
  readonly xattrNames?: readonly string[];
}

const TYPE_MASK = 0o170000;
const FILE = 0o100000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;
const CHAR = 0o020000;
const BLOCK = 0o060000;
const FIFO = 0o010000;

export const isFileMode = (mode: number): boolean => (mode & TYPE_MASK) === FILE;
export const isDirectoryMode = (mode: number): boolean => (mode & TYPE_MASK) === DIRECTORY;

/** The entry for a file of this host; `undefined` for a socket, which no archive holds. */
export function hostEntry({ path, host, stats, xattrNames = namesOf(host) }: HostFile): NodeEntry | undefined {
  const mode = Number(stats.mode);
  const attributes = {
    path,
    mode: mode & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: stats.mtime,
    ...xattrsOf(host, xattrNames),
  };
  switch (mode & TYPE_MASK) {
    case FILE:
      return { type: 'file', ...attributes, size: Number(stats.size) };
    case DIRECTORY:
      return { type: 'directory', ...attributes };
    case SYMLINK:
      return { type: 'symlink', ...attributes, target: decodeLatin1Name(readlinkSync(pathOf(host), 'latin1')) };
    case CHAR:
      return { type: 'char', ...attributes, ...splitDevice(BigInt(stats.rdev)) };
    case BLOCK:
      return { type: 'block', ...attributes, ...splitDevice(BigInt(stats.rdev)) };
    case FIFO:
      return { type: 'fifo', ...attributes };
    default:
      return undefined;
  }
}

/** Names in a directory of this host, sorted by bytes. */
export const hostNames = (host: string): string[] =>
  // One character a byte: exact, and plain sorting is the order of bytes.
  decodeLatin1Names(readdirSync(pathOf(host), 'latin1').sort());

/** The same with what the directory itself knows about each name: no look at the files. */
export const hostNamesWithTypes = (host: string): { readonly name: string; readonly isDirectory: boolean }[] =>
  readdirSync(pathOf(host), { encoding: 'latin1', withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((found) => ({ name: decodeLatin1Name(found.name), isDirectory: found.isDirectory() }));

/** Names of a file's extended attributes; none where system calls are not available. */
export const namesOf = (host: string): readonly string[] => (whySystemUnavailable() === undefined ? listXattrs(pathOf(host)) : []);

function xattrsOf(host: string, names: readonly string[]): Pick<Attributes, 'xattrs'> {
  if (names.length === 0) return {};
  const xattrs: Record<string, string> = {};
  for (const name of names.filter(isLayerXattr).sort()) {
    const value = getXattr(pathOf(host), name);
    if (value !== undefined) xattrs[name] = value.toString('latin1');
  }
  return Object.keys(xattrs).length === 0 ? {} : { xattrs };
}

const SECOND = 1_000_000_000n;

export function timeOf(ns: bigint): Timestamp {
  const seconds = Number(ns / SECOND);
  const nanoseconds = Number(ns % SECOND);
  return nanoseconds < 0 ? { seconds: seconds - 1, nanoseconds: nanoseconds + 1e9 } : { seconds, nanoseconds };
}
