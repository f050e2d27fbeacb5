import { VarveError } from '../src/errors.ts';
import { parseObject } from './config-file.ts';
import { type Descriptor, MEDIA_TYPES, type Platform } from './descriptor.ts';
import { parseDigest } from './digest.ts';
import { normalizePlatform } from './platform.ts';
import { quote } from './quote.ts';

/** OCI image-spec, manifest.md, or docker's schema 2: they say the same. */
export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}
/** OCI image-spec, image-index.md, or docker's manifest list. */
export interface IndexManifest {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

/**
 * Reads the manifest of an image or an index from untrusted bytes.
 * @param expected the media type that whoever handed the bytes over says they have
 * @throws VarveError `IMAGE_INVALID`, `DIGEST_INVALID`
 */
export function parseManifest(bytes: Uint8Array, expected?: string): ImageManifest | IndexManifest {
  const file = parseObject(bytes, 'image manifest');
  if (file.schemaVersion !== 2)
    throw invalid(
      file.schemaVersion === 1
        ? 'has the old schema 1 form, which is not supported: save or push it anew with a current tool'
        : `has schemaVersion ${quote(file.schemaVersion)}, expected 2`,
    );
  // A document that can be read as either would be another image for each reader (CVE-2021-41190).
  if (file.manifests !== undefined && (file.layers !== undefined || file.config !== undefined))
    throw invalid('names both layers and manifests');
  const isIndex = file.manifests !== undefined;
  const mediaType = mediaTypeOf(file.mediaType, expected, isIndex);
  if (isIndex) return { kind: 'index', mediaType, manifests: descriptors(file.manifests, 'manifests') };
  return {
    kind: 'image',
    mediaType,
    config: parseDescriptor(file.config, 'config'),
    layers: descriptors(file.layers ?? [], 'layers'),
    annotations: texts(file.annotations),
  };
}

const INDEXES: ReadonlySet<string> = new Set([MEDIA_TYPES.index, MEDIA_TYPES.dockerList]);
/** Whether a descriptor's media type is that of an index, OCI's or docker's. */
export const isIndexType = (mediaType: string): boolean => INDEXES.has(mediaType);
const KNOWN: ReadonlySet<string> = new Set([...INDEXES, MEDIA_TYPES.manifest, MEDIA_TYPES.dockerManifest]);

function mediaTypeOf(own: unknown, expected: string | undefined, isIndex: boolean): string {
  const named = typeof own === 'string' && own !== '' ? own : expected;
  const mediaType = named ?? (isIndex ? MEDIA_TYPES.index : MEDIA_TYPES.manifest);
  if (expected !== undefined && KNOWN.has(expected) && mediaType !== expected)
    throw invalid(`says that it is ${quote(own)} but was handed over as ${expected}`);
  if (!KNOWN.has(mediaType)) throw invalid(`has the unknown media type ${quote(mediaType)}`);
  if (INDEXES.has(mediaType) !== isIndex) throw invalid(`has the media type ${mediaType} but not its members`);
  return mediaType;
}

function descriptors(value: unknown, what: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw invalid(`has "${what}" that is no list`);
  return value.map((entry, i) => parseDescriptor(entry, `${what}[${i}]`));
}

/** OCI image-spec, descriptor.md, from untrusted data. @throws VarveError `IMAGE_INVALID`, `DIGEST_INVALID` */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  const { mediaType, digest, size, platform, annotations, urls } = (value ?? {}) as Record<string, unknown>;
  if (typeof mediaType !== 'string' || typeof digest !== 'string') throw invalid(`lacks mediaType or digest of ${what}`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`has an impossible size of ${what}: ${quote(size)}`);
  return {
    mediaType,
    digest: parseDigest(digest),
    size,
    platform: platformOf(platform),
    annotations: texts(annotations),
    urls: Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : undefined,
  };
}

function platformOf(value: unknown): Platform | undefined {
  const { os, architecture, variant } = (value ?? {}) as Record<string, unknown>;
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return normalizePlatform({ os, architecture, variant: typeof variant === 'string' ? variant : undefined });
}

function texts(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

const invalid = (why: string): VarveError => new VarveError('IMAGE_INVALID', `The image manifest ${why}`);

const LAYER =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar)(?:[+.](gzip|zstd))?$/;

/**
 * OCI's name for a layer's media type: docker's layers are the same bytes under another name, and an OCI manifest built on them must not
 * mix the two.
 * @throws VarveError `IMAGE_INVALID` for what is no filesystem layer (a chart, a module, a signature)
 */
export function ociLayerType(mediaType: string): string {
  const match = LAYER.exec(mediaType);
  if (match === null) throw invalid(`has a layer of the unknown media type ${quote(mediaType)}`);
  return match[1] === undefined ? MEDIA_TYPES.layer : `${MEDIA_TYPES.layer}+${match[1]}`;
}
