import type { FileEntry, FileTree, NodeEntry } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import { attributeChanges } from './attributes.ts';

/** One attribute that is not the same: `mode`, `owner`, `size`, `content`, `mtime`, `target`, `device`, `type`, `xattr <name>`. */
export interface AttributeChange {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}
/** One path that is not the same in two trees. */
export interface FileChange {
  /** `A`: only in the second; `D`: only in the first; `C`: in both. As `docker diff` has them. */
  readonly kind: 'A' | 'C' | 'D';
  /** Absolute. */
  readonly path: string;
  /** Where there is no other file of that path: what it is. */
  readonly entry: NodeEntry;
  /** Empty but for `C`. */
  readonly changes: readonly AttributeChange[];
}

interface Both {
  readonly path: string;
  readonly a: NodeEntry;
  readonly b: NodeEntry;
}

/**
 * What makes one tree another, by path. Of a directory that is only in one of them everything in it is listed, too. Bytes are read only of
 * files of one size that do not come from one entry of one layer.
 */
export async function compareTrees(a: FileTree, b: FileTree, { signal }: Abortable = {}): Promise<readonly FileChange[]> {
  const found: FileChange[] = [];
  const both: Both[] = [];
  visit(a, b, '', { found, both });
  signal?.throwIfAborted();
  const differing = await differingContents(a, b, both);
  signal?.throwIfAborted();
  for (const { path, a: from, b: to } of both) {
    const changes = attributeChanges(from, to, differing.get(path));
    if (changes.length > 0) found.push({ kind: 'C', path: `/${path}`, entry: to, changes });
  }
  return found.sort((x, y) => (x.path < y.path ? -1 : x.path > y.path ? 1 : x.kind < y.kind ? -1 : 1));
}

interface Findings {
  readonly found: FileChange[];
  readonly both: Both[];
}

function visit(a: FileTree, b: FileTree, path: string, findings: Findings): void {
  const [from, to] = [a.get(path), b.get(path)];
  if (from !== undefined && to !== undefined && from !== to) findings.both.push({ path, a: from, b: to });
  else if (from === undefined && to !== undefined) findings.found.push({ kind: 'A', path: `/${path}`, entry: to, changes: [] });
  else if (from !== undefined && to === undefined) findings.found.push({ kind: 'D', path: `/${path}`, entry: from, changes: [] });
  const names = new Set([...a.list(path), ...b.list(path)]);
  for (const name of names) visit(a, b, path === '' ? name : `${path}/${name}`, findings);
}

/** Digests of the files whose bytes differ though all else may be the same. */
async function differingContents(a: FileTree, b: FileTree, both: readonly Both[]): Promise<ReadonlyMap<string, readonly [string, string]>> {
  const asked = both.flatMap(({ path, a: from, b: to }) =>
    from.type === 'file' && to.type === 'file' && from.size === to.size && from.size > 0 ? [{ path, from, to }] : [],
  );
  if (asked.length === 0) return new Map();
  await Promise.all([a.open(), b.open()]);
  const digestsOf = (tree: FileTree, files: readonly FileEntry[]) => tree.digests(files);
  const before = await digestsOf(
    a,
    asked.map(({ from }) => from),
  );
  const after = await digestsOf(
    b,
    asked.map(({ to }) => to),
  );
  return new Map(
    asked.flatMap(({ path }, i) => {
      const [from = '', to = ''] = [before[i], after[i]];
      return from === to ? [] : [[path, [from, to]] as const];
    }),
  );
}
