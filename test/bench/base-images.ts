import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { whereIs } from './programs.ts';

/** Lays out a root filesystem that is busybox and nothing else. */
export function layOutBusybox(root: string): string {
  const busybox = whereIs('busybox');
  if (busybox === undefined) throw new Error('busybox is missing (Debian package busybox-static); --set-up installs it');
  for (const dir of ['bin', 'etc', 'root', 'tmp', 'proc', 'dev', 'sys']) mkdirSync(join(root, dir), { recursive: true, mode: 0o755 });
  chmodSync(join(root, 'tmp'), 0o1777);
  copyFileSync(busybox, join(root, 'bin/busybox'));
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  return root;
}

/** Writes a tree as a tar that is the same each time. */
export function writeTar(root: string, file: string): string {
  execFileSync('tar', ['-C', root, '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '-cf', file, '.']);
  return file;
}
