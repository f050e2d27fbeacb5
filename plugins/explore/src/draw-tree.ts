import type { FileTree, NodeEntry } from '@varve/core/archive';
import { humanSize } from '@varve/core/command';
import { octal } from './attributes.ts';

interface Sum {
  readonly bytes: number;
  readonly files: number;
}

/** A tree as lines, as deep as asked; what lies deeper is told by its directory's sum. Hard links count once. */
export function drawTree(tree: FileTree, depth: number): readonly string[] {
  const sums = sumsOf(tree);
  const lines: string[] = [];
  const draw = (path: string, indent: string, level: number) => {
    const names = tree.list(path);
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1;
      const child = path === '' ? name : `${path}/${name}`;
      const entry = tree.get(child);
      if (entry === undefined) continue;
      lines.push(`${indent}${isLast ? '└── ' : '├── '}${name}${describe(entry, sums.get(child), level >= depth)}`);
      if (entry.type === 'directory' && level < depth) draw(child, `${indent}${isLast ? '    ' : '│   '}`, level + 1);
    }
  };
  const top = sums.get('');
  lines.push(`/ ${humanSize(top?.bytes ?? 0)} in ${top?.files ?? 0} files`);
  draw('', '', 1);
  return lines;
}

function describe(entry: NodeEntry, sum: Sum | undefined, isCut: boolean): string {
  const owner = entry.uid === 0 && entry.gid === 0 ? '' : ` ${entry.uid}:${entry.gid}`;
  if (entry.type === 'symlink') return ` -> ${entry.target}`;
  const mode = ` ${octal(entry.mode)}${owner}`;
  if (entry.type === 'file') return `${mode} ${humanSize(entry.size)}`;
  if (entry.type !== 'directory') return `${mode} ${entry.type}`;
  return `/${mode} ${humanSize(sum?.bytes ?? 0)}${isCut && sum !== undefined && sum.files > 0 ? ` in ${sum.files} files` : ''}`;
}

/** By directory. */
function sumsOf(tree: FileTree): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  const seen = new Set<string>();
  const add = (path: string): Sum => {
    let [bytes, files] = [0, 0];
    for (const name of tree.list(path)) {
      const child = path === '' ? name : `${path}/${name}`;
      const entry = tree.get(child);
      const inside = entry?.type === 'directory' ? add(child) : { bytes: entry?.type === 'file' ? sizeOf(entry, tree, seen) : 0, files: 1 };
      bytes += inside.bytes;
      files += inside.files;
    }
    const sum = { bytes, files };
    sums.set(path, sum);
    return sum;
  };
  add('');
  return sums;
}

function sizeOf(entry: NodeEntry & { readonly type: 'file' }, tree: FileTree, seen: Set<string>): number {
  const identity = tree.identity(entry);
  if (identity === undefined) return entry.size;
  if (seen.has(identity)) return 0;
  seen.add(identity);
  return entry.size;
}
