// Builds a small image a few times with the command line in plugins/cli, or another folder, which keeps what V8 compiled for it: the builds of
// those who use it start from there. What it cannot do on this host it leaves out; nothing depends on it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installedBusybox, withBusyboxTar } from './lib/busybox.mjs';
import { isRoot } from './lib/run.mjs';

/** Milliseconds after which a file's times tell all that was done to it. */
const SETTLED = 200;
const [home = fileURLToPath(new URL('../plugins/cli', import.meta.url))] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'varve-warm-up-'));
const varve = (...args) =>
  spawnSync(process.execPath, ['--', join(home, 'bin', 'varve.mjs'), '--root', join(dir, 'root'), ...args], { stdio: 'ignore' });

try {
  const busybox = isRoot ? installedBusybox() : undefined;
  if (busybox !== undefined) withBusyboxTar(busybox, (tar) => varve('import', tar, 'base'));
  const run = busybox === undefined ? 'FROM scratch AS made' : 'FROM base AS made\nRUN echo made > /made';
  writeFileSync(join(dir, 'Dockerfile'), `${run}\nCOPY file /file\nFROM scratch\nCOPY --from=made / /\n`);
  const build = () => varve('build', '-t', 'warm-up', dir);
  writeFileSync(join(dir, 'file'), 'one');
  build();
  await setTimeout(SETTLED);
  build();
  build(); // is repeated
  writeFileSync(join(dir, 'file'), 'two');
  build();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
