import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf, type ImageReference, parseReference } from '@varve/core/image';
import { transportContract } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { ArchiveTransport } from '../src/archive-transport.ts';
import { openStore } from './archive-bench.ts';

async function openTransport(t: ExecutionContext, dir: string) {
  const store = openStore(t, dir);
  return { transport: new ArchiveTransport(store), layers: store.layers };
}

/** Turns over a byte of a blob: of its file, or of its bytes in a tar, which stand behind a header with its name. */
async function damage({ transport, name }: ImageReference, blob: Digest): Promise<void> {
  const isDirectory = transport.startsWith('oci-layout');
  await using file = await open(isDirectory ? join(name, 'blobs/sha256', hexOf(blob)) : name, 'r+');
  const bytes = await file.readFile();
  const at = isDirectory ? 0 : bytes.indexOf(`blobs/sha256/${hexOf(blob)}\0`) + 512;
  const place = at + 20;
  await file.write(Uint8Array.of((bytes[place] ?? 0) ^ 0xff), 0, 1, place);
}

for (const transport of ['oci-layout', 'oci-archive', 'docker-archive'])
  transportContract(test, {
    name: transport,
    open: openTransport,
    destination: async (_, dir) => parseReference(`${transport}:${join(dir, 'image')}`),
    unknown: async (_, dir) => parseReference(`${transport}:${join(dir, 'nothing')}`),
    damage,
  });
