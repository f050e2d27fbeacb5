import { type LayerStore, type Transport, VarveError } from '@varve/core';
import {
  type Abortable,
  type Descriptor,
  formatReference,
  hostPlatform,
  type Image,
  type ImageIndex,
  type ImageReference,
  imageForHost,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import { type ArchivePlace, parsePlace } from './archive-place.ts';
import type { ArchivedImage } from './archived-image.ts';
import type { BlobStores, NamedImage } from './gather-images.ts';
import { type ListOptions, listImages } from './list-images.ts';
import { openArchive } from './load-archive.ts';
import { writeOutput } from './output.ts';
import { saveImages } from './save-images.ts';
import { writeLayout } from './write-layout.ts';

/** The word before the colon, and whether what stands behind it is a directory. */
export const ARCHIVE_TRANSPORTS: Readonly<Record<string, 'directory' | 'file'>> = {
  'oci-layout': 'directory',
  oci: 'directory',
  'oci-archive': 'file',
  'docker-archive': 'file',
};

type PushOptions = Parameters<NonNullable<Transport['push']>>[2];

/**
 * Images in archives and layout directories, by `transport:path[:tag][@digest]`. Layers are taken in when somebody reads them, but for
 * compressed archives, which can only be read in one go. A push replaces an archive; into a directory it adds.
 */
export class ArchiveTransport implements Transport {
  readonly name = 'archive';
  readonly #stores: BlobStores;

  constructor(stores: BlobStores) {
    this.#stores = stores;
  }

  async resolve(reference: ImageReference, options: Parameters<Transport['resolve']>[1]): Promise<Image> {
    return await (await this.#find(reference, options)).open();
  }

  async resolveIndex(reference: ImageReference, { signal }: Abortable): Promise<ImageIndex | undefined> {
    return await (await this.#find(reference, { platform: hostPlatform(), signal })).openIndex?.();
  }

  async #find(reference: ImageReference, { signal, ...options }: ListOptions & Abortable): Promise<ArchivedImage> {
    signal?.throwIfAborted();
    const place = parsePlace(reference.name);
    const members = await open(place, { layers: this.#stores.layers, signal });
    return choose(await listImages(members, options), place);
  }

  async push(image: Image, reference: ImageReference, { signal }: PushOptions): Promise<Descriptor> {
    await this.#write({ image }, reference, { signal });
    return await image.descriptor({ signal });
  }

  async pushIndex(index: ImageIndex, reference: ImageReference, { signal }: PushOptions): Promise<Descriptor> {
    await this.#write({ image: await imageForHost(index, { signal }), index }, reference, { signal });
    return await index.descriptor({ signal });
  }

  async #write(whole: Omit<NamedImage, 'names'>, reference: ImageReference, { signal }: Abortable): Promise<void> {
    const { path, key } = parsePlace(reference.name);
    const named: NamedImage = { ...whole, ...nameFor(key) };
    if (ARCHIVE_TRANSPORTS[reference.transport] === 'directory') await writeLayout([named], path, this.#stores, { signal });
    else {
      const archive = saveImages([named], this.#stores, { signal, ociOnly: reference.transport === 'oci-archive' });
      await writeOutput(path, archive, { stdout: process.stdout, signal });
    }
  }
}

async function open({ path }: ArchivePlace, options: { readonly layers: LayerStore; readonly signal?: AbortSignal | undefined }) {
  try {
    return await openArchive(path, { ...options, lazy: true });
  } catch (cause) {
    if (!VarveError.is(cause) || cause.code !== 'ARCHIVE_UNREADABLE') throw cause;
    throw new VarveError('IMAGE_UNKNOWN', cause.message, { cause });
  }
}

/** @throws VarveError `IMAGE_UNKNOWN`, `IMAGE_AMBIGUOUS` */
function choose(images: readonly ArchivedImage[], { path, key, digest }: ArchivePlace): ArchivedImage {
  const wanted = digest ?? key;
  const fits = wanted === undefined ? images : images.filter((image) => isCalled(image, wanted));
  const [only, ...others] = fits;
  if (only !== undefined && others.length === 0) return only;
  const latest = wanted === undefined ? fits.filter((image) => isCalled(image, 'latest')) : [];
  if (latest.length === 1 && latest[0] !== undefined) return latest[0];
  const there = images.flatMap(({ names, keys }) => (names.length > 0 ? names : keys)).join(', ');
  if (only === undefined) throw new VarveError('IMAGE_UNKNOWN', `Expected the image ${wanted} in ${path}, found ${there}`);
  throw new VarveError('IMAGE_AMBIGUOUS', `Expected one image in ${path}, found ${there}`, { hint: `Name one: ${path}:<tag>` });
}

function isCalled({ names, keys }: ArchivedImage, wanted: string): boolean {
  return keys.includes(wanted) || names.some((name) => name === wanted || name === wholeName(wanted) || name.endsWith(`:${wanted}`));
}

function wholeName(text: string): string | undefined {
  try {
    return formatReference(withDefaultTag(parseReference(text)));
  } catch {
    return undefined; // a tag or a digest: compared as it is
  }
}

/** A key that is a name in full gives the image that name; a tag alone is written as it is. */
function nameFor(key: string | undefined): Omit<NamedImage, 'image'> {
  if (key === undefined) return { names: [] };
  const name = /[/:]/.test(key) ? wholeName(key) : undefined;
  return name === undefined ? { names: [], tag: key } : { names: [name] };
}
