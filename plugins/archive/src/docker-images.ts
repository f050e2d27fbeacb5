import { messageOf, VarveError } from '@varve/core';
import {
  type DiffID,
  descriptorOf,
  foreignImage,
  formatReference,
  type Image,
  type Layer,
  layerDescriptor,
  MEDIA_TYPES,
  parseConfigFile,
  parseReference,
  serializeManifest,
  withDefaultTag,
} from '@varve/core/image';
import type { ArchivedImage } from './archived-image.ts';
import type { Members } from './members.ts';

interface Row {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

/** The images of a docker-archive, old or new; `undefined`: it is none. @throws VarveError `ARCHIVE_INVALID` */
export async function dockerImages(members: Members): Promise<readonly ArchivedImage[] | undefined> {
  const rows = await dockerRows(members);
  return rows?.map((row) => ({
    names: row.tags.map(fullName),
    keys: row.tags,
    open: () => openImage(row, members),
  }));
}

/** manifest.json, checked. */
export async function dockerRows(members: Members): Promise<readonly Row[] | undefined> {
  const bytes = await members.text('manifest.json');
  if (bytes === undefined) return undefined;
  const rows = parseArray(bytes);
  return rows.map((row) => {
    const { Config, RepoTags, Layers } = (row ?? {}) as Record<string, unknown>;
    if (typeof Config !== 'string' || !isTexts(Layers ?? []) || !isTexts(RepoTags ?? []))
      throw new VarveError('ARCHIVE_INVALID', 'Expected Config, RepoTags and Layers in each row of manifest.json');
    return { config: Config, tags: (RepoTags ?? []) as readonly string[], layers: (Layers ?? []) as readonly string[] };
  });
}

function parseArray(bytes: Uint8Array): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (Array.isArray(value)) return value;
  } catch (cause) {
    throw new VarveError('ARCHIVE_INVALID', `manifest.json is no JSON: ${messageOf(cause)}`, { cause });
  }
  throw new VarveError('ARCHIVE_INVALID', 'Expected a list of images in manifest.json');
}
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((text) => typeof text === 'string');

/** `busybox:1.36` → `docker.io/library/busybox:1.36`. @throws VarveError `ARCHIVE_INVALID` */
export function fullName(tag: string): string {
  try {
    const reference = parseReference(tag);
    if (reference.transport === 'docker' && reference.digest === undefined) return formatReference(withDefaultTag(reference));
  } catch (cause) {
    throw new VarveError('ARCHIVE_INVALID', `The archive gives an image an impossible name: ${messageOf(cause)}`, { cause });
  }
  throw new VarveError('ARCHIVE_INVALID', `Expected name:tag for an image of the archive, found ${JSON.stringify(tag)}`);
}

/** A docker-archive has no manifest: one is written for the layers as they lie there. */
async function openImage(row: Row, members: Members): Promise<Image> {
  const configBytes = await members.text(row.config);
  if (configBytes === undefined) throw new VarveError('ARCHIVE_INVALID', `${members.name} lacks the configuration ${row.config}`);
  const { diff_ids: diffIds } = parseConfigFile(configBytes).rootfs;
  if (diffIds.length !== row.layers.length)
    throw new VarveError(
      'IMAGE_INVALID',
      `Expected ${diffIds.length} layers for the configuration ${row.config}, found ${row.layers.length}`,
    );
  const layers: Layer[] = [];
  for (const [i, path] of row.layers.entries()) layers.push(await members.layer(path, { diffId: diffIds[i] as DiffID })); // same length
  const descriptors = [];
  for (const layer of layers) descriptors.push(await layerDescriptor(layer));
  const manifestBytes = serializeManifest(descriptorOf(MEDIA_TYPES.config, configBytes), descriptors);
  return foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.manifest, layers });
}
