import { createHash } from 'node:crypto';
import { type FileTree, type NodeEntry, readContent, walk } from '@varve/core/archive';
import { CONTEXT_TIME } from './write-context.ts';

const LETTERS = { file: 'f', directory: 'd', symlink: 'l', char: 'c', block: 'b', fifo: 'p' } as const;
/** Longer content is shown by its hash. */
const LONGEST = 300;

interface Showing {
  /** Mark files that have the time that all files of a context have. */
  readonly showTimes?: boolean | undefined;
}

/**
 * A tree as lines: `bin/run f755 7:8 "text" user.x=1 = other`. Owner 0:0 is left out; a symlink has `-> target` instead of a mode; a second
 * name of a file says which the first is.
 */
export async function showTree(tree: FileTree, { showTimes = false }: Showing = {}): Promise<readonly string[]> {
  await tree.open();
  const names = new Map<string, string>();
  const lines: string[] = [];
  for (const entry of walk(tree, '')) {
    if (entry.path === '') continue;
    const parts = [entry.path, typeOf(entry), ownerOf(entry), ...detailOf(entry, tree), ...xattrsOf(entry), linkOf(entry, { tree, names })];
    if (showTimes && entry.mtime.seconds === CONTEXT_TIME) parts.push('@');
    lines.push(parts.filter((part) => part !== '').join(' '));
  }
  return lines;
}

const typeOf = ({ type, mode }: NodeEntry): string => LETTERS[type] + (type === 'symlink' ? '' : mode.toString(8));
const ownerOf = ({ uid, gid }: NodeEntry): string => (uid === 0 && gid === 0 ? '' : `${uid}:${gid}`);

function detailOf(entry: NodeEntry, tree: FileTree): readonly string[] {
  if (entry.type === 'symlink') return ['->', entry.target];
  if (entry.type !== 'file') return [];
  const bytes = readContent(tree.content(entry));
  if (bytes.length > LONGEST) return [createHash('sha256').update(bytes).digest('hex').slice(0, 12)];
  return [JSON.stringify(Buffer.from(bytes).toString('utf8'))];
}

const xattrsOf = ({ xattrs = {} }: NodeEntry): readonly string[] =>
  Object.entries(xattrs)
    .filter(([name]) => name.startsWith('user.') || name === 'security.capability')
    .map(([name, value]) => `${name}=${value}`);

function linkOf(entry: NodeEntry, { tree, names }: { readonly tree: FileTree; readonly names: Map<string, string> }): string {
  if (entry.type !== 'file') return '';
  const identity = tree.identity(entry);
  if (identity === undefined) return '';
  const first = names.get(identity);
  if (first === undefined) names.set(identity, entry.path);
  return first === undefined ? '' : `= ${first}`;
}

/** What a tree has more and what it lacks (`- path`), compared with the one that it began with, where it did. */
export function difference(lines: readonly string[], below: readonly string[]): readonly string[] {
  const pathOf = (line: string): string => line.split(/ [dflbcp]\d* ?/, 1)[0] ?? '';
  const known = new Set(below);
  const there = new Set(lines.map(pathOf));
  const began = lines.some((line) => known.has(line) && line.startsWith('bin/busybox '));
  const gone = began ? below.map(pathOf).filter((path) => !there.has(path)) : [];
  return [...lines.filter((line) => !known.has(line)), ...gone.map((path) => `- ${path}`)];
}
