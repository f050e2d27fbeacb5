import { randomBytes } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Exporter, type ExportRequest, type ExportResult, messageOf, VarveError } from '@varve/core';
import { extractLayer } from '@varve/core/archive';
import {
  type Abortable,
  asLayerID,
  digestOf,
  type Image,
  type ImageIndex,
  imagesOf,
  type Layer,
  mergeLayers,
  type PlatformImage,
} from '@varve/core/image';
import { attributesOf, isTrue } from './attributes.ts';
import { isErrno, writeOutput } from './output.ts';
import { folderOf, inFolders } from './platform-folders.ts';

/** The files of an image as one layer that stands on nothing. */
const rootfsOf = ({ layers }: Pick<Image, 'layers'>): Layer =>
  mergeLayers(asLayerID(digestOf(`rootfs ${layers.map(({ id }) => id).join(' ')}`)), layers, { dropWhiteouts: true });

async function platformImages(index: ImageIndex, options: Abortable): Promise<readonly PlatformImage[]> {
  const images: PlatformImage[] = [];
  for (const entry of imagesOf(index)) {
    const image = await entry.image(options);
    images.push({ platform: entry.platform ?? image.config, image });
  }
  return images;
}

/** Each platform's files in a folder of its own where there are several, unless `platform-split` says otherwise. */
async function filesOf(images: readonly PlatformImage[], request: ExportRequest, options: Abortable): Promise<Layer> {
  const { 'platform-split': split } = attributesOf(request, ['platform-split']);
  const placed = images.map(({ platform, image }) => ({ folder: folderOf(platform), rootfs: rootfsOf(image) }));
  if (isTrue(split, images.length > 1)) return await inFolders(placed, options);
  const [only, ...others] = placed;
  return only !== undefined && others.length === 0 ? only.rootfs : rootfsOf({ layers: placed.map(({ rootfs }) => rootfs) });
}

/** `type=tar`: the root filesystem of the result as a tar; of several platforms a folder for each. */
export const tarExporter: Exporter = {
  name: 'tar',
  async export(image, request, { signal }) {
    return await writeTar(await filesOf([{ platform: image.config, image }], request, { signal }), request, { signal });
  },
  async exportIndex(index, request, { signal }) {
    return await writeTar(await filesOf(await platformImages(index, { signal }), request, { signal }), request, { signal });
  },
};

async function writeTar(rootfs: Layer, { dest = '-' }: ExportRequest, { signal }: Abortable): Promise<ExportResult> {
  await writeOutput(dest, rootfs.tar({ signal }), { stdout: process.stdout, signal });
  return { exporter: 'tar', dest };
}

/** `type=local`: the root filesystem of the result in a directory; of several platforms a folder for each. */
export const localExporter: Exporter = {
  name: 'local',
  async export(image, request, { signal }) {
    return await writeLocal(await filesOf([{ platform: image.config, image }], request, { signal }), request, { signal });
  },
  async exportIndex(index, request, { signal }) {
    return await writeLocal(await filesOf(await platformImages(index, { signal }), request, { signal }), request, { signal });
  },
};

async function writeLocal(rootfs: Layer, request: ExportRequest, options: Abortable): Promise<ExportResult> {
  if (request.dest === undefined || request.dest === '-')
    throw new VarveError('EXPORT_DEST', 'type=local needs a directory', { hint: 'Add dest=<directory>.' });
  const dest = resolve(request.dest);
  try {
    await extractInto(dest, rootfs, options);
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw new VarveError('OUTPUT_FAILED', `Cannot write ${dest}: ${messageOf(cause)}`, { cause });
  }
  return { exporter: 'local', dest };
}

/** A new directory appears whole; one that is there is written into, as docker does, and keeps what else is in it. */
async function extractInto(dest: string, rootfs: Layer, options: Abortable): Promise<void> {
  const { ensureDir, pathExists, remove } = await import('fs-extra/esm'); // loaded when first needed
  if (await pathExists(dest)) return await extract(rootfs, dest, options);
  await ensureDir(dirname(dest));
  const temporary = join(dirname(dest), `.${randomBytes(6).toString('hex')}.tmp`);
  await mkdir(temporary);
  try {
    await extract(rootfs, temporary, options);
    await rename(temporary, dest);
  } catch (failure) {
    await remove(temporary);
    throw failure;
  }
}

async function extract(rootfs: Layer, dir: string, { signal }: Abortable): Promise<void> {
  const owners = process.getuid?.() === 0 ? 'kept' : 'mine';
  const content = await rootfs.contents({ signal });
  await extractLayer(await rootfs.index({ signal }), content, dir, { whiteouts: 'apply', owners, signal });
}
