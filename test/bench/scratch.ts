import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Removes a folder in which builders may have left mounts; nothing is removed while one of them stays. */
export function removeTree(folder: string): void {
  for (const place of mountsBelow(folder).toReversed()) execFileSync('umount', ['-l', place]);
  if (mountsBelow(folder).length > 0) throw new Error(`Something is still mounted below ${folder}`);
  rmSync(folder, { recursive: true, force: true });
}

let aside = 0;

/**
 * Takes a folder out of the way; its small files go when everything does. ext4 does not take a freed inode again for minutes, and looks at
 * each of them whenever a file is made: after `rm -r` of 20,000 files, making one takes ten times as long.
 */
export function setAside(folder: string): void {
  if (!existsSync(folder)) return;
  for (const place of mountsBelow(folder).toReversed()) execFileSync('umount', ['-l', place]);
  execFileSync('find', [folder, '-xdev', '-type', 'f', '-size', '+1024k', '-delete']);
  renameSync(folder, `${folder}.aside-${aside++}`);
}

function mountsBelow(folder: string): readonly string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((place) => place.startsWith(`${folder}/`));
}

/** The one folder that everything happens in. */
export class Scratch implements Disposable {
  readonly folder: string;

  constructor(parent = tmpdir()) {
    this.folder = mkdtempSync(join(parent, 'varve-bench-'));
  }

  /** A folder in it, made if it is not there. */
  dir(...names: readonly string[]): string {
    const path = join(this.folder, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    removeTree(this.folder);
  }
}
