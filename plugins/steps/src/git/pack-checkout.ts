import { type ContentStore, VarveError } from '@varve/core';
import {
  type Content,
  DirectoryTree,
  type FileTree,
  MergedTree,
  type NodeEntry,
  normaliseIndex,
  resolvePath,
  walk,
  withOffsets,
  writeTar,
} from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import { asLayerID, composeLayer } from '@varve/core/image';
import type { Picked } from '../copy/pick-sources.ts';
import type { GitSource } from './git-source.ts';

export interface Packing extends Abortable {
  readonly dir: string;
  /** Of the commit, in seconds: files have no other. */
  readonly time: number;
  readonly store: ContentStore;
}

export interface PackedCheckout {
  /** Open. */
  readonly tree: FileTree;
  /** All of it. */
  readonly picked: Picked;
}

/** Takes a checkout into the store, so that its directory can go: of each file what git itself knows of it, and no time of today. */
export async function packCheckout(source: GitSource, { dir, time, store, signal }: Packing): Promise<PackedCheckout> {
  const tree = new DirectoryTree(dir, { xattrs: false });
  const root = rootOf(source, tree);
  // A part of a repository is none.
  const keeps = source.keepGitDir && root === '';
  const entries = [...walk(tree, root)].filter(({ path }) => path !== root && (keeps || !path.split('/').includes('.git')));
  const origins = new Map(entries.map((entry) => [entry.path.slice(root === '' ? 0 : root.length + 1), entry]));
  const index = withOffsets(normaliseIndex([...origins].map(([path, entry]) => ({ ...plain(entry, time), path }))));
  const contentOf = ({ path }: { readonly path: string }): Content => {
    const origin = origins.get(path);
    if (origin?.type !== 'file') throw new Error(`${path} is no file of this checkout`);
    return tree.content(origin);
  };
  const { digest } = await store.write(writeTar(index, contentOf, { signal }), { signal });
  const file = store.path(digest);
  const layer = composeLayer(asLayerID(digest), index, ({ offset = 0, size }) => ({ kind: 'range', file, offset, length: size }));
  const packed = await MergedTree.of([layer], { signal });
  await packed.open();
  const entry: NodeEntry = { type: 'directory', path: '', mode: 0o755, uid: 0, gid: 0, mtime: { seconds: time, nanoseconds: 0 } };
  return { tree: packed, picked: { label: '', name: '', entry } };
}

/** Never outside of the repository, also not through a symlink. */
function rootOf({ subdir }: GitSource, tree: DirectoryTree): string {
  if (subdir === undefined) return '';
  const { path, entry } = resolvePath(tree, subdir);
  if (entry?.type === 'directory') return path;
  throw new VarveError('GIT_DIRECTORY', `subdir not found: the repository has no directory ${JSON.stringify(subdir)}`, {
    hint: '<url>#<ref>:<directory>, from the top of the repository',
  });
}

const plain = (entry: NodeEntry, time: number): NodeEntry => ({
  ...entry,
  uid: 0,
  gid: 0,
  mode: entry.type === 'symlink' ? 0o777 : entry.type === 'directory' || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644,
  mtime: { seconds: time, nanoseconds: 0 },
});
