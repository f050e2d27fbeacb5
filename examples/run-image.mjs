// Varve as a library: runs the command of an image in a copy of its files. Usage: node examples/run-image.mjs <image>
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel } from '@varve/core';
import { extractLayer } from '@varve/core/archive';
import { parseReference, withDefaultTag } from '@varve/core/image';
import { preset } from 'varve/preset';

const [name = 'varve/hello'] = process.argv.slice(2);
await using kernel = createKernel({ root: process.env.VARVE_ROOT || '/var/lib/varve', plugins: preset });
const image = await kernel.resolve(withDefaultTag(parseReference(name)));
const { provider: executor } = await kernel.executor();
const { Entrypoint, Cmd, Env, WorkingDir } = image.config.config;

const root = await mkdtemp(join(tmpdir(), 'varve-run-'));
try {
  for (const layer of image.layers) await extractLayer(await layer.index(), await layer.contents(), root, { whiteouts: 'apply' });
  const { exitCode } = await executor.run(
    {
      root,
      mounts: [],
      args: [...(Entrypoint ?? []), ...(Cmd ?? [])],
      env: Env ?? [],
      cwd: WorkingDir || '/',
      user: { uid: 0, gid: 0, groups: [] },
      network: 'none',
    },
    { stdout: (chunk) => process.stdout.write(chunk), stderr: (chunk) => process.stderr.write(chunk) },
  );
  process.exitCode = exitCode;
} finally {
  await rm(root, { recursive: true, force: true });
}
