import { type Digest, MEDIA_TYPES } from '@varve/core/image';

/** OCI image-spec, image-index.md, `platform`, with the members that only Windows and odd processors need. */
export interface ListedPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string | undefined;
  readonly 'os.features'?: readonly string[] | undefined;
  readonly variant?: string | undefined;
}

export interface ListedManifest {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: Digest;
  readonly platform: ListedPlatform;
  /** Under which name it was taken in: `docker.io/acme/app:arm64`. */
  readonly ref: string;
}

/** A list of manifests that is put together here and pushed later. */
export interface ManifestList {
  /** `docker.io/acme/app:1.0` */
  readonly name: string;
  readonly manifests: readonly ListedManifest[];
}

const isOci = ({ mediaType }: ListedManifest): boolean => mediaType === MEDIA_TYPES.manifest;

/** The list as registries take it: OCI's kind where one of its manifests is OCI's, docker's otherwise, as docker does it. */
export function serializeList({ manifests }: ManifestList): { readonly mediaType: string; readonly bytes: Buffer } {
  const mediaType = manifests.some(isOci) ? MEDIA_TYPES.index : MEDIA_TYPES.dockerList;
  const entries = manifests.map(({ mediaType: type, size, digest, platform }) => ({ mediaType: type, size, digest, platform }));
  return { mediaType, bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: entries }, undefined, 3)) };
}
