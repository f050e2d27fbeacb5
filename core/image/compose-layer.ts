import { createHash } from 'node:crypto';
import type { Content, FileEntry, LayerIndex } from '../archive/index.ts';
import { tarSize, writeTar } from '../archive/index.ts';
import { asDiffID, type DiffID, digestFromHex, type LayerID } from './digest.ts';
import type { Abortable, Layer } from './layer.ts';
import { once } from './once.ts';

/**
 * A layer from an index and the places where its files' bytes lie. Nothing is read before somebody asks for the tar; hashing it reads
 * every file once and keeps nothing, so a store that wants the bytes hashes them while it writes them (`LayerStore.put`).
 */
export function composeLayer(id: LayerID, index: LayerIndex, content: (file: FileEntry) => Content): Layer {
  const tar = (options?: Abortable) => writeTar(index, content, options);
  return {
    id,
    index: async () => index,
    contents: async () => content,
    tar,
    size: async () => tarSize(index),
    diffId: once((options) => hash(tar(options))),
  };
}

async function hash(source: AsyncIterable<Uint8Array>): Promise<DiffID> {
  const sha = createHash('sha256');
  for await (const chunk of source) sha.update(chunk);
  return asDiffID(digestFromHex(sha.digest('hex')));
}
