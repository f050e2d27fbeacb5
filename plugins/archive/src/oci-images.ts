import { VarveError } from '@varve/core';
import {
  choosePlatform,
  type Descriptor,
  type DiffID,
  type Digest,
  foreignImage,
  type Image,
  type ImageManifest,
  type IndexManifest,
  isAttestation,
  type Layer,
  parseConfigFile,
  parseManifest,
  parseObject,
} from '@varve/core/image';
import type { ArchivedImage } from './archived-image.ts';
import { dockerRows, fullName } from './docker-images.ts';
import { blobPath, IMAGE_NAME, REF_NAME } from './layout-files.ts';
import type { ListOptions } from './list-images.ts';
import type { Members } from './members.ts';
import { isImageConfig, readBlob } from './oci-blobs.ts';
import { groupIndex, openIndex } from './oci-index.ts';

/** Index in index in index: nobody needs more. */
const DEPTH = 4;

/** The images of an OCI layout; `undefined`: it is none. @throws VarveError `ARCHIVE_INVALID`, `IMAGE_INVALID`, `BLOB_MISMATCH` */
export async function ociImages(members: Members, options: ListOptions): Promise<readonly ArchivedImage[] | undefined> {
  const bytes = await members.text('index.json');
  if (bytes === undefined) return undefined;
  await checkVersion(members);
  const index = parseManifest(bytes);
  if (index.kind !== 'index') throw new VarveError('ARCHIVE_INVALID', 'Expected an index in index.json, found a manifest');
  const entries = await imageEntries(index, members, options);
  const tags = await tagsByConfig(members);
  const images = new Map<Digest, ArchivedImage>();
  for (const group of groupsOf(entries)) {
    const entry = group.length === 1 ? group[0] : undefined;
    const { digest } = entry ?? choosePlatform(group, options.platform);
    const before = images.get(digest);
    const open = { members, options, depth: 0 };
    const openImage = (one: Descriptor) => openEntry(one, open);
    images.set(digest, {
      names: [...new Set([...(before?.names ?? []), ...(await namesIn(group, tags))])],
      keys: [...new Set([...(before?.keys ?? []), ...group.flatMap(keysOf)])],
      open: () => openImage(entry ?? choosePlatform(group, options.platform)),
      openIndex: () => (entry === undefined ? groupIndex(group, { members, openImage }) : openIndex(entry, { members, openImage })),
    });
  }
  return [...images.values()];
}

async function checkVersion(members: Members): Promise<void> {
  const bytes = await members.text('oci-layout');
  if (bytes === undefined) return; // required, but skopeo and docker do without
  const { imageLayoutVersion: version } = parseObject(bytes, 'oci-layout');
  if (typeof version !== 'string' || !version.startsWith('1.'))
    throw new VarveError('ARCHIVE_INVALID', `Expected OCI layout version 1, found ${JSON.stringify(version)}`);
}

/** Charts, signatures and other artifacts may lie beside images. */
async function imageEntries({ manifests }: IndexManifest, members: Members, { artifact }: ListOptions): Promise<readonly Descriptor[]> {
  const entries: Descriptor[] = [];
  for (const entry of manifests) {
    if (isAttestation(entry)) continue;
    const manifest = await readManifest(entry, members);
    if (manifest.kind === 'index' || isImageConfig(manifest.config) || manifest.config.mediaType === artifact) entries.push(entry);
  }
  return entries;
}

async function readManifest(entry: Descriptor, members: Members): Promise<ImageManifest | IndexManifest> {
  return parseManifest(await readBlob(entry, members), entry.mediaType);
}

const textOf = (entry: Descriptor, name: string): string | undefined => entry.annotations?.[name] || undefined;
const nameOf = (entry: Descriptor): string => textOf(entry, IMAGE_NAME) ?? textOf(entry, REF_NAME) ?? '';

/** Several entries of one name that say their platforms are one image for several platforms; any other stands alone. */
function groupsOf(entries: readonly Descriptor[]): readonly (readonly Descriptor[])[] {
  return [...Map.groupBy(entries, nameOf).values()].flatMap((group) => {
    const byDigest = new Map(group.map((entry) => [entry.digest, entry]));
    const isChoice = byDigest.size > 1 && group.every((entry) => entry.platform !== undefined);
    return isChoice ? [[...byDigest.values()]] : group.map((entry) => [entry]);
  });
}

async function namesIn(group: readonly Descriptor[], tags: (entry: Descriptor) => Promise<readonly string[]>): Promise<readonly string[]> {
  const names: string[] = [];
  for (const entry of group) names.push(...namesOf(entry), ...(await tags(entry)));
  return names;
}

/** A tag alone (as the specification has it) is no name: nobody says of what. */
function namesOf(entry: Descriptor): readonly string[] {
  const whole = textOf(entry, IMAGE_NAME);
  if (whole !== undefined) return [fullName(whole)];
  const ref = textOf(entry, REF_NAME);
  return ref !== undefined && /[/:]/.test(ref) ? [fullName(ref)] : [];
}
const keysOf = (entry: Descriptor): readonly string[] =>
  [textOf(entry, REF_NAME), textOf(entry, IMAGE_NAME), entry.digest].filter((key) => key !== undefined);

/** An archive may say its names in manifest.json only. */
async function tagsByConfig(members: Members): Promise<(entry: Descriptor) => Promise<readonly string[]>> {
  const rows = (await dockerRows(members)) ?? [];
  return async (entry) => {
    const manifest = await readManifest(entry, members);
    if (manifest.kind === 'index') return [];
    return rows.filter(({ config }) => config === blobPath(manifest.config.digest)).flatMap(({ tags }) => tags.map(fullName));
  };
}

interface OpenOptions {
  readonly members: Members;
  readonly options: ListOptions;
  readonly depth: number;
}

async function openEntry(entry: Descriptor, { members, options, depth }: OpenOptions): Promise<Image> {
  const manifestBytes = await readBlob(entry, members);
  const manifest = parseManifest(manifestBytes, entry.mediaType);
  if (manifest.kind === 'index') {
    if (depth >= DEPTH) throw new VarveError('IMAGE_INVALID', `Indexes are nested more than ${DEPTH} deep`);
    const chosen = choose(await present(manifest.manifests, members), options);
    return await openEntry(chosen, { members, options, depth: depth + 1 });
  }
  const configBytes = await readBlob(manifest.config, members);
  const { diff_ids: diffIds } = parseConfigFile(configBytes).rootfs;
  if (diffIds.length !== manifest.layers.length)
    throw new VarveError(
      'IMAGE_INVALID',
      `Expected ${diffIds.length} layers in the manifest ${entry.digest}, found ${manifest.layers.length}`,
    );
  const layers: Layer[] = [];
  for (const [i, descriptor] of manifest.layers.entries())
    layers.push(await members.layer(blobPath(descriptor.digest), { descriptor, diffId: diffIds[i] as DiffID })); // same length
  return foreignImage({ configBytes, manifestBytes, manifestMediaType: manifest.mediaType, digest: entry.digest, layers });
}

function choose(manifests: readonly Descriptor[], { platform, isGuess = false }: ListOptions): Descriptor {
  const [only, ...others] = manifests.filter((manifest) => !isAttestation(manifest));
  return isGuess && only !== undefined && others.length === 0 ? only : choosePlatform(manifests, platform);
}

/** docker saves one platform of an image together with the whole index. Where nothing is there, the choice says what is missing. */
async function present(manifests: readonly Descriptor[], members: Members): Promise<readonly Descriptor[]> {
  const there: Descriptor[] = [];
  for (const manifest of manifests) if (await members.has(blobPath(manifest.digest))) there.push(manifest);
  return there.length > 0 ? there : manifests;
}
