import { algorithmOf, type Descriptor, type Digest, familiarName, hexOf, MEDIA_TYPES, parseReference } from '@varve/core/image';
import type { GatheredImage } from './gather-images.ts';

/** Annotations of a descriptor in index.json: the tag alone (OCI image-spec, annotations.md), and the whole name as containerd has it. */
export const REF_NAME = 'org.opencontainers.image.ref.name';
export const IMAGE_NAME = 'io.containerd.image.name';

export const LAYOUT_FILE = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

export const blobPath = (digest: Digest): string => `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;

/** The folders of these blobs, sorted; that of sha256 is there in any case. */
export const blobFolders = (blobs: readonly { readonly digest: Digest }[]): readonly string[] =>
  [...new Set(['blobs/sha256', ...blobs.map(({ digest }) => `blobs/${algorithmOf(digest)}`)])].sort();

/** index.json's entries: one for each name of each image (OCI image-spec, image-layout.md). */
export const indexEntries = (images: readonly GatheredImage[]): readonly Descriptor[] =>
  images.flatMap(({ names, tag, descriptor: { mediaType, digest, size } }) => {
    const plain = { mediaType, digest, size };
    if (names.length > 0) return names.map((name) => ({ ...plain, annotations: annotationsOf(name) }));
    return [tag === undefined ? plain : { ...plain, annotations: { [REF_NAME]: tag } }];
  });

function annotationsOf(name: string): Readonly<Record<string, string>> {
  const { tag } = parseReference(name);
  return { [IMAGE_NAME]: name, ...(tag !== undefined && { [REF_NAME]: tag }) };
}

export const indexFile = (manifests: readonly unknown[]): Uint8Array =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests }));

/** manifest.json as docker 25 and newer write it: the members point at the layout's blobs. */
export const dockerManifestFile = (images: readonly GatheredImage[]): Uint8Array =>
  Buffer.from(
    JSON.stringify(
      images.map(({ names, config, layers }) => ({
        Config: blobPath(config),
        RepoTags: names.length === 0 ? null : names.map(familiarName),
        Layers: layers.map(({ descriptor }) => blobPath(descriptor.digest)),
        LayerSources: Object.fromEntries(
          layers.map(({ diffId, descriptor: { mediaType, size, digest } }) => [diffId, { mediaType, size, digest }]),
        ),
      })),
    ),
  );
