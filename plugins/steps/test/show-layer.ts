import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LayerDraft } from '@varve/core';
import {
  type Content,
  DirectoryTree,
  type Entry,
  type FileTree,
  MergedTree,
  type NodeEntry,
  normaliseIndex,
  readContent,
  walk,
  writeTar,
} from '@varve/core/archive';
import { asLayerID, composeLayer, digestOf, type Layer } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import type { ExecutionContext } from 'ava';

const LETTERS = { file: 'f', directory: 'd', symlink: 'l', char: 'c', block: 'b', fifo: 'p' } as const;

/** `app/run f755 0:0 text`: path, type and mode, owner, and what is in it. */
export function show(entry: NodeEntry, content?: (file: NodeEntry & { type: 'file' }) => Content): string {
  const { type, mode, uid, gid, path } = entry;
  const detail =
    type === 'symlink'
      ? ` -> ${entry.target}`
      : type === 'file' && content
        ? ` ${readContent(content(entry)).toString('latin1')}`
        : type === 'char' || type === 'block'
          ? ` ${entry.major},${entry.minor}`
          : '';
  const permissions = type === 'symlink' ? '' : mode.toString(8);
  return `${path} ${LETTERS[type]}${permissions} ${uid}:${gid}${detail}`;
}

export const layerOf = (draft: LayerDraft): Layer => composeLayer(asLayerID(digestOf('layer')), draft.index, (file) => draft.content(file));

/** What the layer itself says. */
export const showDraft = ({ index, content }: LayerDraft): readonly string[] =>
  [...index].map((entry) => {
    if (entry.type === 'hardlink') return `${entry.path} = ${entry.target}`;
    if (entry.type === 'whiteout' || entry.type === 'opaque') return `${entry.path} ${entry.type}`;
    return show(entry, content);
  });

/** All files of a tree. */
export async function showTree(tree: FileTree): Promise<readonly string[]> {
  await tree.open();
  return [...walk(tree, '')].filter(({ path }) => path !== '').map((entry) => show(entry, (file) => tree.content(file)));
}

/** The layer's tar as GNU tar extracts it into an empty directory. */
export async function extract(t: ExecutionContext, draft: LayerDraft): Promise<string> {
  const dir = temporaryDir(t);
  const file = join(dir, 'layer.tar');
  const root = join(dir, 'root');
  mkdirSync(root);
  await pipeline(
    writeTar(draft.index, (entry) => draft.content(entry)),
    createWriteStream(file),
  );
  execFileSync('tar', ['--numeric-owner', '--same-owner', '-p', '--xattrs', '--xattrs-include=*', '-xf', file, '-C', root]);
  return root;
}

/** The index is in normal form, and what GNU tar extracts is what it says: attributes, times, xattrs, bytes. */
export async function compareWithTar(t: ExecutionContext, draft: LayerDraft): Promise<void> {
  t.deepEqual(normaliseIndex(draft.index), draft.index);
  const isNode = (entry: Entry) => entry.type !== 'opaque' && entry.type !== 'whiteout';
  const nodes = { ...draft, index: [...draft.index].filter(isNode) };
  const alone = await MergedTree.of([layerOf(nodes)]);
  const onDisk = new DirectoryTree(await extract(t, nodes));
  const describe = async (tree: FileTree) => [
    await showTree(tree),
    [...walk(tree, '')].filter(({ path }) => path !== '').map(({ path, mtime, xattrs }) => [path, mtime, xattrs ?? {}]),
  ];
  t.deepEqual(await describe(onDisk), await describe(alone));
}
