import { parseObject } from './config-file.ts';
import { type Descriptor, MEDIA_TYPES, type Platform } from './descriptor.ts';
import type { Digest } from './digest.ts';

/** What an attestation is about: the digest of an image's manifest (BuildKit's attestation storage). */
const SUBJECT = 'vnd.docker.reference.digest';

/** OCI image-spec, image-index.md; members in the specification's order. Manifests that all have docker's types get docker's list. */
export function serializeIndex(manifests: readonly Descriptor[], annotations: Readonly<Record<string, string>> = {}): Uint8Array {
  const sorted = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: indexType(manifests),
      manifests: manifests.map(entryOf),
      ...(sorted.length > 0 && { annotations: Object.fromEntries(sorted) }),
    }),
  );
}

export const indexType = (manifests: readonly { readonly mediaType?: unknown }[]): string =>
  manifests.length > 0 && manifests.every(({ mediaType }) => mediaType === MEDIA_TYPES.dockerManifest)
    ? MEDIA_TYPES.dockerList
    : MEDIA_TYPES.index;

const entryOf = ({ mediaType, digest, size, platform, annotations }: Descriptor): object => ({
  mediaType,
  digest,
  size,
  ...(platform && { platform: platformOf(platform) }),
  ...(annotations && { annotations }),
});

const platformOf = ({ os, architecture, variant }: Platform): object => ({ architecture, os, ...(variant !== undefined && { variant }) });

interface RawEntry {
  readonly digest?: unknown;
  readonly mediaType?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>> | null;
}

/** An index whose images have other manifests; members that nobody here knows stay. See `ImageIndex.movedTo`. */
export function rewriteIndex(
  bytes: Uint8Array,
  mediaType: string,
  manifests: ReadonlyMap<Digest, Descriptor>,
): { readonly bytes: Uint8Array; readonly mediaType: string } {
  const changed = new Map<unknown, Descriptor>([...manifests].filter(([digest, now]) => now.digest !== digest));
  if (changed.size === 0) return { bytes, mediaType };
  const file = parseObject(bytes, 'image index');
  const entries = (file.manifests as readonly RawEntry[]) // whoever made the index object has read it
    .filter(({ annotations }) => !changed.has(annotations?.[SUBJECT]))
    .map((entry) => {
      const { mediaType: type, digest, size } = changed.get(entry.digest) ?? {};
      return digest === undefined ? entry : { ...entry, mediaType: type, digest, size };
    });
  const now = indexType(entries);
  return { bytes: Buffer.from(JSON.stringify({ ...file, mediaType: now, manifests: entries })), mediaType: now };
}
