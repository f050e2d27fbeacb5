import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { type Invocation, messageOf, VarveError } from '@varve/core';
import { only, textOf, usageError } from '@varve/core/command';
import { asCacheKey, asLayerID, composeLayer, digestOf, mergeLayers } from '@varve/core/image';
import { uniqueName } from '@varve/core/system';
import { findChanges } from '../changes/container-changes.ts';
import { isTerminal } from '../client/terminal.ts';
import type { Engine } from '../engine.ts';
import { findContainer } from '../state/find-container.ts';

/** The files of a container as a tar, without its volumes. Nothing is mounted: the image's layers and what changed are merged. */
export async function exportContainer(engine: Engine, { values, positionals, stdout, signal }: Invocation): Promise<number> {
  const record = findContainer(engine.store.containers, only(positionals, 'varve export [-o <file>] <container>'));
  const output = textOf(values, 'output');
  if (output === undefined && isTerminal(stdout)) throw usageError('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  const { image, index, content } = await findChanges(engine, record, { signal });
  const id = asLayerID(asCacheKey(digestOf(`export ${record.id}`)));
  const tar = mergeLayers(id, [...image.layers, composeLayer(id, index, content)], { dropWhiteouts: true }).tar({ signal });
  if (output === undefined) await writeAll(tar, stdout);
  else await writeFile(tar, output);
  return 0;
}

async function writeAll(chunks: AsyncIterable<Uint8Array>, to: Writable): Promise<void> {
  for await (const chunk of chunks) if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
}

/** Under another name until it is whole. */
async function writeFile(chunks: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const temporary = `${path}.${uniqueName()}.tmp`;
  const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
  const failed = once(file, 'error').then(([failure]: unknown[]) => Promise.reject(failure));
  failed.catch(() => undefined);
  try {
    await Promise.race([writeAll(chunks, file), failed]);
    await Promise.race([new Promise<void>((done) => file.end(done)), failed]);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (VarveError.is(cause)) throw cause;
    throw new VarveError('OUTPUT_FAILED', `Cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}
