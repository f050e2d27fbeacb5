import { VarveError } from '@varve/core';
import type { Owner } from '@varve/core/archive';
import { baseName, type Content, childPath, type NodeEntry, parentOf, readTar, type TarMember } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import { clamp } from './attributes.ts';
import type { Destination } from './destination.ts';
import { joinEntry } from './join-entry.ts';
import type { Node } from './placed-files.ts';
import { streamContent } from './stream-content.ts';

export interface Unpacking extends Abortable {
  /** A resolved directory of the destination. */
  readonly target: string;
  /** For all members; without it each keeps its own. */
  readonly owner: Owner | undefined;
  readonly epoch: number | undefined;
}

/**
 * Extracts a plain tar into a layer as `tar -x` would into a directory: a member may replace a directory by a file and the other way
 * round, symlinks on the way are followed within the root, what is missing on the way is made. A member called like a whiteout is a plain
 * file, which no layer can hold.
 *
 * @throws VarveError `TAR_…`, `LAYER_WHITEOUT_NAME`, `COPY_ARCHIVE`
 */
export async function unpackArchive(tar: Content, into: Destination, unpacking: Unpacking): Promise<void> {
  await readTar(streamContent(tar, unpacking), (member) => {
    if (member.path === '') return; // the destination keeps its own attributes
    const path = placeOf(member.path, into, unpacking.target);
    if (member.type === 'hardlink') link(member, path, into, unpacking.target);
    else into.replaceWith(path, nodeOf(member, tar, unpacking));
  });
}

function placeOf(path: string, into: Destination, target: string): string {
  const dir = into.resolve(joinEntry(target, parentOf(path)));
  into.makeDirectories(dir);
  return childPath(dir, baseName(path));
}

/** Also a file that the layers below have can be linked to: it is then part of this layer, too. */
function link(member: TarMember, path: string, into: Destination, target: string): void {
  const existing = placeOf(member.target, into, target);
  const node = into.node(existing);
  if (node === undefined || node.entry.type === 'directory')
    throw new VarveError('COPY_ARCHIVE', `Hard link "${member.path}" of the archive needs a file "${member.target}", found none`, {
      hint: 'The archive may be incomplete; `tar tvf` lists what it has.',
    });
  if (existing === path) return;
  into.replaceWith(existing, node);
  into.replaceWith(path, node);
}

function nodeOf(member: TarMember, tar: Content, { owner, epoch }: Unpacking): Node {
  const { path, mode, uid, gid, mtime, xattrs, size, offset } = member;
  const attributes = {
    path,
    mode,
    uid,
    gid,
    ...owner,
    mtime: clamp(mtime, epoch),
    ...(Object.keys(xattrs).length > 0 && { xattrs }),
  };
  if (member.type !== 'file') return { entry: entryOf(member, attributes) };
  return { entry: { type: 'file', size, ...attributes }, part: { of: tar, offset } };
}

function entryOf(member: TarMember, attributes: Omit<NodeEntry & { type: 'fifo' }, 'type'>): NodeEntry {
  const { type, target, major, minor } = member;
  switch (type) {
    case 'directory':
    case 'fifo':
      return { type, ...attributes };
    case 'symlink':
      return { type, target, ...attributes };
    case 'char':
    case 'block':
      return { type, major, minor, ...attributes };
    default:
      throw new Error(`A ${type} has a place of its own`);
  }
}
