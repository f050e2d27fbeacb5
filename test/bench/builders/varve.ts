import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from '../measure.ts';
import { setAside } from '../scratch.ts';
import type { Builder, BuilderKind } from './builder.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** What it does beyond the others here: it makes the base images that all are given. */
export interface Varve extends Builder {
  /** Makes an image of the tar of a root filesystem. */
  importTar(tar: string, tag: string): Command;
}

/** This checkout, bundled as it is published, at the moment the benchmark starts. */
export const varve: BuilderKind = { name: 'varve', whyAbsent: () => undefined, open: openVarve };

/** Opens it with all its state below `dir`. */
export function openVarve(dir: string): Varve {
  const program = bundle(join(dir, 'package'));
  const root = join(dir, 'root');
  const command = (...args: readonly string[]): Command => ({ argv: [process.execPath, program, '--root', root, ...args] });
  return {
    name: 'varve',
    version: execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' })
      .trim()
      .replace(/^varve /, ''),
    build: ({ context, tag, idFile }) => command('build', '--network', 'none', '--iidfile', idFile, '-t', tag, context),
    load: (file) => command('load', '-i', file),
    save: (tag, file) => command('save', '-o', file, tag),
    push: (tag, to) => command('push', tag, to),
    pull: (from) => command('pull', from),
    importTar: (tar, tag) => command('import', tar, tag),
    reset: async () => setAside(root),
  };
}

/** Makes a folder like that of the published package; what it needs at run time is found through a link. */
function bundle(dir: string): string {
  execFileSync(process.execPath, [join(REPOSITORY, 'scripts/bundle.mjs'), join(dir, 'dist')], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (const part of ['bin', 'package.json']) cpSync(join(REPOSITORY, 'plugins/cli', part), join(dir, part), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(dir, 'node_modules'));
  execFileSync(process.execPath, [join(REPOSITORY, 'scripts/warm-up.mjs'), dir], { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(dir, 'bin/varve.mjs');
}
