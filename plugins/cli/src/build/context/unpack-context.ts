import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extractLayer, indexTar } from '@varve/core/archive';

export interface UnpackedContext {
  readonly directory: string;
  /** Of the newest file, in seconds since 1970. */
  readonly time?: number | undefined;
}

/** Writes a tar's files into a directory below `place`; owners do not matter, because a context has none. */
export async function unpackContext(tar: AsyncIterable<Uint8Array>, place: string, signal: AbortSignal): Promise<UnpackedContext> {
  const file = join(place, 'context.tar');
  const directory = join(place, 'context');
  mkdirSync(directory);
  const indexed = indexTar(tar);
  await pipeline(indexed, createWriteStream(file, { mode: 0o600 }), { signal });
  await extractLayer(indexed.index, ({ offset = 0, size }) => ({ kind: 'range', file, offset, length: size }), directory, {
    whiteouts: 'apply',
    owners: 'mine',
    signal,
  });
  rmSync(file);
  const times = indexed.index.values().flatMap((entry) => (entry.type === 'file' ? [entry.mtime.seconds] : []));
  return { directory, time: times.reduce<number | undefined>((newest, time) => Math.max(newest ?? time, time), undefined) };
}
