import { randomBytes } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type BuildInfo, type Exporter, type ExportRequest, messageOf, VarveError } from '@varve/core';
import { extractLayer } from '@varve/core/archive';
import { type Abortable, asLayerID, digestOf, type Image, type Layer, mergeLayers } from '@varve/core/image';
import { attributesOf } from './attributes.ts';
import { isErrno, writeOutput } from './output.ts';

/** The files of an image as one layer that stands on nothing. */
const rootfsOf = ({ layers }: Image): Layer =>
  mergeLayers(asLayerID(digestOf(`rootfs ${layers.map(({ id }) => id).join(' ')}`)), layers, { dropWhiteouts: true });

/** `type=tar`: the root filesystem of the result as a tar. */
export const tarExporter: Exporter = {
  name: 'tar',
  async export(image: Image, request: ExportRequest, { signal }: BuildInfo) {
    attributesOf(request, []);
    const dest = request.dest ?? '-';
    await writeOutput(dest, rootfsOf(image).tar({ signal }), { stdout: process.stdout, signal });
    return { exporter: 'tar', dest };
  },
};

/** `type=local`: the root filesystem of the result in a directory. */
export const localExporter: Exporter = {
  name: 'local',
  async export(image: Image, request: ExportRequest, { signal }: BuildInfo) {
    attributesOf(request, []);
    if (request.dest === undefined || request.dest === '-')
      throw new VarveError('EXPORT_DEST', 'type=local needs a directory', { hint: 'Add dest=<directory>.' });
    const dest = resolve(request.dest);
    try {
      await extractInto(dest, rootfsOf(image), { signal });
    } catch (cause) {
      if (!isErrno(cause)) throw cause;
      throw new VarveError('OUTPUT_FAILED', `Cannot write ${dest}: ${messageOf(cause)}`, { cause });
    }
    return { exporter: 'local', dest };
  },
};

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
