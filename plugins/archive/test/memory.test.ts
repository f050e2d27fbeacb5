import { fileURLToPath } from 'node:url';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { run } from './archive-bench.ts';

test('loading 512 MiB from a pipe takes less than 200 MB of memory', async (t) => {
  const script = fileURLToPath(new URL('load-large.ts', import.meta.url));
  const { names, memory } = JSON.parse(await run(process.execPath, ['--conditions=varve-source', script, temporaryDir(t), '512']));
  t.deepEqual(names, ['docker.io/acme/big:1']);
  t.true(memory < 200e6, `it took ${memory / 1e6} MB`);
});
