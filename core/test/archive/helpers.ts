import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  type Content,
  type DirectoryEntry,
  type Entry,
  type FileEntry,
  indexTar,
  type LayerIndex,
  type SymlinkEntry,
  writeTar,
} from '@varve/core/archive';
import test, { type ExecutionContext } from 'ava';

const NOON = { seconds: 1_700_000_000, nanoseconds: 0 };
const ROOT = { uid: 0, gid: 0, mtime: NOON };

export const file = (path: string, text = '', more: Partial<FileEntry> = {}): FileEntry => ({
  type: 'file',
  path,
  mode: 0o644,
  ...ROOT,
  size: Buffer.byteLength(text),
  ...more,
});
export const dir = (path: string, more: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  type: 'directory',
  path,
  mode: 0o755,
  ...ROOT,
  ...more,
});
export const link = (path: string, target: string): SymlinkEntry => ({
  type: 'symlink',
  path,
  mode: 0o777,
  ...ROOT,
  target,
});
export const hardlink = (path: string, target: string): Entry => ({ type: 'hardlink', path, target });
export const whiteout = (path: string): Entry => ({ type: 'whiteout', path });
export const opaque = (path: string): Entry => ({ type: 'opaque', path });

/** Every file has its own path as its content, unless said otherwise. */
export const contentsOf =
  (texts: Readonly<Record<string, string>> = {}) =>
  ({ path }: FileEntry): Content => ({ kind: 'bytes', bytes: Buffer.from(texts[path] ?? path) });

/** A new directory that is removed after the test. */
export function makeTemp(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'varve-archive-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function* chunksOf(bytes: Uint8Array, size = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const tarOf = (index: LayerIndex, content: (file: FileEntry) => Content = contentsOf()): Promise<Buffer> =>
  collect(writeTar(index, content));

/** The index of a tar that comes in pieces of `size` bytes. */
export async function indexOf(tar: Uint8Array, size?: number): Promise<readonly Entry[]> {
  const indexer = indexTar(chunksOf(tar, size));
  for await (const _ of indexer);
  return [...indexer.index];
}

export const readable = (bytes: Uint8Array): Readable => Readable.from([bytes], { objectMode: false });

export const isRoot = process.getuid?.() === 0;
/** For tests that make devices, change owners or mount. */
export const asRoot = isRoot ? test.serial : (title: string, _: unknown): void => test.skip(`${title} (needs root)`, () => {});
