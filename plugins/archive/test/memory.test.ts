import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { writeArchive } from '../src/tar-writer.ts';
import { collect } from './archive-bench.ts';

const SIZE = 512 << 20;

async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = Buffer.alloc(1 << 20);
  for (let at = 0; at < SIZE; at += chunk.length) yield chunk;
}
const layer = () => writeArchive([{ path: 'big', size: SIZE, body: content() }]);

/** A docker-archive with one layer of 512 MiB, made while it is read. */
async function largeArchive(): Promise<AsyncIterable<Uint8Array>> {
  const sha = createHash('sha256');
  let size = 0;
  for await (const chunk of layer()) {
    sha.update(chunk);
    size += chunk.length;
  }
  const file = (path: string, value: unknown) => {
    const body = Buffer.from(JSON.stringify(value));
    return { path, size: body.length, body };
  };
  return writeArchive([
    { path: '0/layer.tar', size, body: layer() },
    file('config.json', { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [`sha256:${sha.digest('hex')}`] } }),
    file('manifest.json', [{ Config: 'config.json', RepoTags: ['acme/big:1'], Layers: ['0/layer.tar'] }]),
  ]);
}

test('loading 512 MiB from a pipe takes less than 200 MB of memory', async (t) => {
  const script = fileURLToPath(new URL('load-stdin.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=varve-source', script, temporaryDir(t)], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const [output] = await Promise.all([collect(child.stdout), pipeline(await largeArchive(), child.stdin)]);
  const { names, memory } = JSON.parse(output.toString());
  t.deepEqual(names, ['docker.io/acme/big:1']);
  t.true(memory < 200e6, `it took ${memory / 1e6} MB`);
  t.log(`${Math.round(memory / 1e6)} MB`);
});
