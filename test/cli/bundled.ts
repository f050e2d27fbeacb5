import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestFn } from 'ava';
import { mustRun } from '../helpers/varve.ts';

const repository = resolve(import.meta.dirname, '../..');

/** A package as npm installs it, made before the tests and removed after them; the folder is inside the repository, where it finds koffi. */
export function bundled(test: TestFn, prepare = (_folder: string): void => undefined): string {
  mkdirSync(join(repository, '.varve'), { recursive: true });
  const folder = mkdtempSync(join(repository, '.varve', 'bundle-'));
  cpSync(join(repository, 'plugins', 'cli', 'bin'), join(folder, 'bin'), { recursive: true });
  test.before(async () => {
    await mustRun('node', [join(repository, 'scripts', 'bundle.mjs'), join(folder, 'dist')]);
    prepare(folder);
  });
  test.after.always(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
