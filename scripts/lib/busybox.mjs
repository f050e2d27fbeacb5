import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { run, whereIs } from './run.mjs';

/** A busybox that needs no library of the image it is put into, installed where that is possible. */
export function findStaticBusybox() {
  return installedBusybox() ?? (aptInstall(['busybox-static']) ? installedBusybox() : undefined);
}

/** The same where it is already. */
export function installedBusybox() {
  const found = whereIs('busybox');
  return found !== undefined && isStatic(found) ? found : undefined;
}

/** A dynamic program names its loader. */
const isStatic = (path) => !/\/ld-(?:linux|musl)/.test(readFileSync(path).toString('latin1'));

/** Calls `use` with the tar of a root filesystem that is busybox and nothing else; the same bytes each time. */
export function withBusyboxTar(busybox, use) {
  const temporary = mkdtempSync(join(tmpdir(), 'varve-busybox-'));
  try {
    const root = join(temporary, 'root');
    layOut(root, busybox);
    const tar = join(temporary, 'rootfs.tar');
    const canonical = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    run('tar', [...canonical, '-C', root, '-cf', tar, '.']);
    return use(tar);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function layOut(root, busybox) {
  for (const dir of ['bin', 'etc', 'root', 'tmp', 'usr/bin', 'usr/sbin', 'sbin', 'var/tmp', 'home']) {
    mkdirSync(join(root, dir), { recursive: true, mode: 0o755 });
    chmodSync(join(root, dir), dir.endsWith('tmp') ? 0o1777 : 0o755); // whatever this shell's umask is
  }
  chmodSync(root, 0o755);
  copyFileSync(busybox, join(root, 'bin', 'busybox'));
  chmodSync(join(root, 'bin', 'busybox'), 0o755);
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n');
  for (const name of applets) if (name !== '' && name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
  const files = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
    'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  };
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), 0o644);
  }
}
