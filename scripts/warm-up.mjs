// Builds a small image a few times with the command line in plugins/cli, or another folder, which keeps what V8 compiled for it: the builds of
// those who use it start from there. What it cannot do on this host it leaves out; nothing depends on it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installedBusybox, withBusyboxTar } from './lib/busybox.mjs';
import { isRoot } from './lib/run.mjs';

/** Milliseconds after which a file's times tell all that was done to it. */
const SETTLED = 200;
/** Files above which a context is a large one. */
const MANY = 500;
const [home = fileURLToPath(new URL('../plugins/cli', import.meta.url))] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'varve-warm-up-'));
const varve = (...args) =>
  spawnSync(process.execPath, ['--', join(home, 'bin', 'varve.mjs'), '--root', join(dir, 'root'), ...args], { stdio: 'ignore' });

try {
  const busybox = isRoot ? installedBusybox() : undefined;
  if (busybox !== undefined) withBusyboxTar(busybox, (tar) => varve('import', tar, 'base'));
  const build = () => varve('build', '-t', 'warm-up', dir);
  const tree = join(dir, 'tree');
  mkdirSync(tree);
  const run = busybox === undefined ? 'FROM scratch AS made\nLABEL text=' : 'FROM base AS made\nRUN echo made > /made-';
  // A build with nothing to do, between those that do all, says what each of them needs; code of it is kept by those that follow
  for (const text of ['one', 'two', 'three']) {
    writeFileSync(join(dir, 'file'), text);
    for (let i = 0; i < MANY; i++) writeFileSync(join(tree, `file-${i}`), i % 100 === 0 ? text : '');
    writeFileSync(join(dir, 'Dockerfile'), `${run}${text}\nCOPY file /file\nCOPY tree /tree\nFROM scratch\nCOPY --from=made / /\n`);
    build();
    await setTimeout(SETTLED);
    build();
    build(); // is repeated
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
