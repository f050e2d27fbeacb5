import {
  asLayerID,
  type Descriptor,
  type Digest,
  descriptorOf,
  digestOf,
  foreignIndex,
  type Image,
  type ImageIndex,
  type IndexEntry,
  indexArtifact,
  MEDIA_TYPES,
  makeImage,
  type Platform,
} from '../image/index.ts';
import { entry, fixtureLayer } from './layer-fixture.ts';

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' };
export const ARM64: Platform = { os: 'linux', architecture: 'arm64' };
export const S390X: Platform = { os: 'linux', architecture: 's390x' };

const layerOf = (name: string) => fixtureLayer(asLayerID(digestOf(`layer ${name}`)), [entry.file(name, 3000)]);

/** An image for a platform, of a layer that all share and one of its own. */
export const imageOn = (platform: Platform, created = '2026-01-02T03:04:05Z'): Image =>
  makeImage({
    config: { ...platform, created, config: { Cmd: [platform.architecture] }, history: [] },
    layers: [layerOf('shared'), layerOf(platform.architecture)],
  });

/** Bytes by digest. */
export type Blobs = ReadonlyMap<Digest, Uint8Array>;

/**
 * An index as BuildKit writes it, with an attestation for each image, and in a form that nobody would come to by chance. The manifests of its
 * images are those of `makeImage`; `blobs` are everything that belongs to the attestations.
 */
export async function attestedIndex(
  platforms: readonly Platform[] = [AMD64, ARM64],
): Promise<{ readonly index: ImageIndex; readonly bytes: Uint8Array; readonly blobs: Blobs }> {
  const blobs = new Map<Digest, Uint8Array>();
  const entries: IndexEntry[] = [];
  const descriptors: Descriptor[] = [];
  for (const platform of platforms) {
    const image = imageOn(platform);
    const descriptor = { ...(await image.descriptor()), platform };
    descriptors.push(descriptor);
    entries.push({ kind: 'image', platform, descriptor: async () => descriptor, image: async () => image });
  }
  for (const { digest } of [...descriptors]) {
    const add = (mediaType: string, text: string): Descriptor => {
      const bytes = Buffer.from(text);
      blobs.set(digestOf(bytes), bytes);
      return descriptorOf(mediaType, bytes);
    };
    const statement = add('application/vnd.in-toto+json', JSON.stringify({ subject: digest }));
    const config = add(
      MEDIA_TYPES.config,
      JSON.stringify({ architecture: 'unknown', os: 'unknown', rootfs: { type: 'layers' }, of: digest }),
    );
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [statement] }, null, 1);
    const descriptor: Descriptor = {
      ...add(MEDIA_TYPES.manifest, manifest),
      annotations: { 'vnd.docker.reference.digest': digest, 'vnd.docker.reference.type': 'attestation-manifest' },
      platform: { os: 'unknown', architecture: 'unknown' },
    };
    descriptors.push(descriptor);
    const bytesOf = (wanted: Digest) => blobs.get(wanted) ?? Buffer.alloc(0);
    entries.push(
      indexArtifact({
        descriptor,
        manifestBytes: async () => bytesOf(descriptor.digest),
        async *read(blob) {
          yield bytesOf(blob.digest);
        },
      }),
    );
  }
  const bytes = Buffer.from(
    `${JSON.stringify({ manifests: descriptors, mediaType: MEDIA_TYPES.index, schemaVersion: 2, 'x-unknown': [1] }, null, 3)}\n`,
  );
  return { index: foreignIndex({ indexBytes: bytes, mediaType: MEDIA_TYPES.index, entries }), bytes, blobs };
}

/** An index of an image and of an attested index. */
export async function nestedIndex(): Promise<{ readonly index: ImageIndex; readonly inner: ImageIndex; readonly blobs: Blobs }> {
  const { index: inner, blobs } = await attestedIndex();
  const image = imageOn(S390X);
  const named = [{ ...(await image.descriptor()), platform: S390X }, await inner.descriptor()] as const;
  const entries: IndexEntry[] = [
    { kind: 'image', platform: S390X, descriptor: async () => named[0], image: async () => image },
    { kind: 'index', descriptor: async () => named[1], index: inner },
  ];
  const indexBytes = Buffer.from(`${JSON.stringify({ schemaVersion: 2, manifests: named, mediaType: MEDIA_TYPES.index }, null, 2)}\n`);
  return { index: foreignIndex({ indexBytes, mediaType: MEDIA_TYPES.index, entries }), inner, blobs };
}
