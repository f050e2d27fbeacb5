import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, VarveError } from '@varve/core';
import { type Abortable, parseObject } from '@varve/core/image';
import { type Blob, type BlobStores, gatherImages, type NamedImage } from './gather-images.ts';
import { blobFolders, blobPath, dockerManifestFile, IMAGE_NAME, indexEntries, indexFile, LAYOUT_FILE, REF_NAME } from './layout-files.ts';
import { isErrno } from './output.ts';

export interface WriteLayoutOptions extends Abortable {
  /** manifest.json too, so that the folder, once it is a tar, is a docker-archive. It names these images only. */
  readonly docker?: boolean;
}

/**
 * Writes images into an OCI layout directory, which is made when it is not there. Images that are in it already stay; one of the same name
 * loses the name. index.json is replaced last, so that whoever reads meanwhile sees the old or the new state.
 * @throws VarveError `OUTPUT_FAILED`, `ARCHIVE_INVALID` for an index.json that is none
 */
export async function writeLayout(
  named: readonly NamedImage[],
  dir: string,
  stores: BlobStores,
  { signal, docker = false }: WriteLayoutOptions = {},
): Promise<void> {
  const { images, blobs } = await gatherImages(named, stores, { signal });
  try {
    const kept = await keptEntries(dir, indexEntries(images));
    const { ensureDir } = await import('fs-extra/esm'); // loaded when first needed
    for (const folder of blobFolders(blobs)) await ensureDir(join(dir, folder));
    for (const blob of blobs) await writeBlob(blob, dir, signal);
    await replace(join(dir, 'oci-layout'), LAYOUT_FILE);
    if (docker) await replace(join(dir, 'manifest.json'), dockerManifestFile(images));
    await replace(join(dir, 'index.json'), indexFile([...kept, ...indexEntries(images)]));
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw new VarveError('OUTPUT_FAILED', `Cannot write the OCI layout ${dir}: ${messageOf(cause)}`, { cause });
  }
}

interface Entry {
  readonly digest?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>> | undefined;
}

/** What the directory's index.json says about other images than those that are written. */
async function keptEntries(dir: string, written: readonly Entry[]): Promise<readonly unknown[]> {
  const bytes = await readFile(join(dir, 'index.json')).catch((failure: unknown) => {
    if (isErrno(failure, 'ENOENT')) return undefined;
    throw failure;
  });
  if (bytes === undefined) return [];
  const { manifests } = parseObject(bytes, `index of the OCI layout ${dir}`);
  if (!Array.isArray(manifests)) throw new VarveError('ARCHIVE_INVALID', `Expected a list of manifests in ${dir}/index.json`);
  const taken = new Set(written.map(nameOf));
  return (manifests as readonly Entry[]).filter((entry) => !taken.has(nameOf(entry)));
}

/** Entries without a name are told apart by what they are. */
const nameOf = ({ digest, annotations }: Entry): string => String(annotations?.[IMAGE_NAME] ?? annotations?.[REF_NAME] ?? digest);

async function writeBlob({ digest, size, read }: Blob, dir: string, signal: AbortSignal | undefined): Promise<void> {
  const path = join(dir, blobPath(digest));
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() === true && there.size === size) return;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const body = read();
  try {
    await pipeline(body instanceof Uint8Array ? [body] : body, createWriteStream(temporary, { flags: 'wx' }), { signal });
    await rename(temporary, path);
  } catch (failure) {
    await rm(temporary, { force: true });
    throw failure;
  }
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, bytes, { flag: 'wx' });
  await rename(temporary, path);
}
