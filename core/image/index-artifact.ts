import { VarveError } from '../src/errors.ts';
import { parseObject } from './config-file.ts';
import type { Descriptor } from './descriptor.ts';
import type { ArtifactBlob, IndexArtifact } from './image-index.ts';
import type { Abortable } from './layer.ts';
import { parseDescriptor } from './manifest.ts';

export interface ArtifactParts {
  /** As the index names it. */
  readonly descriptor: Descriptor;
  /** The bytes of the manifest, verified. */
  readonly manifestBytes: (options?: Abortable) => Promise<Uint8Array>;
  readonly read: (descriptor: Descriptor, options?: Abortable) => AsyncIterable<Uint8Array>;
}

/** An entry of an index that is no image: all that is known of its manifest is where descriptors stand in it. */
export const indexArtifact = ({ descriptor, manifestBytes, read }: ArtifactParts): IndexArtifact => ({
  kind: 'artifact',
  descriptor: async () => descriptor,
  manifestBytes,
  async blobs(options) {
    const named = descriptorsIn(await manifestBytes(options));
    return named.map((each): ArtifactBlob => ({ descriptor: each, read: (reading) => read(each, reading) }));
  },
});

/** OCI image-spec, manifest.md: an artifact has a config, which may be empty, and layers of any type. @throws VarveError `IMAGE_INVALID` */
function descriptorsIn(bytes: Uint8Array): readonly Descriptor[] {
  const { config, layers, blobs, manifests } = parseObject(bytes, 'manifest of an artifact');
  if (manifests !== undefined) throw new VarveError('IMAGE_INVALID', 'Expected images and artifacts in an index, found another index');
  const lists = [config === undefined ? [] : [config], layers ?? [], blobs ?? []];
  if (!lists.every(Array.isArray)) throw new VarveError('IMAGE_INVALID', 'Expected lists of descriptors in the manifest of an artifact');
  return lists.flat().map((one, i) => parseDescriptor(one, `entry ${i} of an artifact`));
}
