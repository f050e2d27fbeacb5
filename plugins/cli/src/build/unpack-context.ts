import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extractLayer, indexTar } from '@varve/core/archive';

/** Writes a tar's files into a directory; owners do not matter, because a context has none. */
export async function unpackContext(tar: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), 'varve-tar-'));
  try {
    const file = join(temporary, 'context.tar');
    const indexed = indexTar(tar);
    await pipeline(indexed, createWriteStream(file, { mode: 0o600 }), { signal });
    await extractLayer(indexed.index, ({ offset = 0, size }) => ({ kind: 'range', file, offset, length: size }), directory, {
      whiteouts: 'apply',
      owners: 'mine',
      signal,
    });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
