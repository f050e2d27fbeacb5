// What the machine needs for the same by the simplest means: programs in C, and nothing else to do.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyMissing } from './programs.ts';
import { setAside } from './scratch.ts';
import type { Limit } from './workloads/workload.ts';

const shell = (script: string, ...args: readonly string[]) => ({ argv: ['bash', '-ec', script, 'bash', ...args] });

/** The tree as a tar through the sum that a layer's name needs. */
export const tarAndHash = (tree: string): Limit => ({
  name: 'tar | sha256sum',
  run: () => [shell('tar -C "$1" -cf - . | sha256sum', tree)],
});

/** `lstat` of every file. */
export const statWalk = (tree: string): Limit => ({
  name: 'stat walk',
  run: () => [shell('find "$1" -printf "%s %T@ %p\\n" > /dev/null', tree)],
});

/** A copy of the tree as it is. */
export const copyLimit = (tree: string, to: string): Limit => ({
  name: 'cp -a',
  prepare: () => setAside(to),
  run: () => [{ argv: ['cp', '-a', tree, to] }],
});

/** The sum of one file, by the fastest program for it. */
export const hashOf = (file: string): Limit => ({
  name: 'sha256',
  run: () => [{ argv: whyMissing('openssl') === undefined ? ['openssl', 'dgst', '-sha256', file] : ['sha256sum', file] }],
});

/** Unpacking what an archive of images has in it; the layers of its tar are tars. */
export const extraction = (archive: string, to: string): Limit => ({
  name: 'tar -x',
  prepare: () => setAside(to),
  run: () => [
    shell(
      'mkdir "$2" "$2/all"; tar -C "$2" -xf "$1"; for l in "$2"/blobs/sha256/*; do ! tar -C "$2/all" -xf "$l" 2> /dev/null || :; done',
      archive,
      to,
    ),
  ],
});

/** Compressing a tree's tar, and the way back. */
export function compressors(tree: string, tar: string): readonly Limit[] {
  const prepare = () => {
    if (!existsSync(tar)) execFileSync('tar', ['-C', tree, '-cf', tar, '.']);
    if (!existsSync(`${tar}.gz`)) execFileSync('bash', ['-c', 'gzip -6 < "$1" > "$1.gz"', 'bash', tar]);
  };
  const programs = [
    ['gzip', '-6'],
    ['pigz', '-6'],
    ['zstd', '-3', '-T0'],
  ].filter(([name = '']) => whyMissing(name) === undefined);
  const compress = (argv: readonly string[]): Limit => ({
    name: argv.slice(0, 2).join(' '),
    prepare,
    run: () => [shell(`${argv.join(' ')} -c < "$1" > /dev/null`, tar)],
  });
  return [...programs.map(compress), { name: 'gunzip', prepare, run: () => [shell('gzip -dc < "$1" > /dev/null', `${tar}.gz`)] }];
}

/** What every workload is compared with: a start of Node, a container, a mount. `dir` is a folder of theirs, `rootfs` that of an image. */
export function commonLimits(dir: string, rootfs: string): readonly Limit[] {
  const start: Limit = { name: 'node -e 0', run: () => [{ argv: [process.execPath, '-e', '0'] }] };
  if (process.getuid?.() !== 0) return [start];
  return [start, ...(whyMissing('runc') === undefined ? [container(join(dir, 'bundle'), rootfs)] : []), overlay(join(dir, 'overlay'))];
}

function container(bundle: string, rootfs: string): Limit {
  const prepare = () => {
    if (existsSync(bundle)) return;
    cpSync(rootfs, join(bundle, 'rootfs'), { recursive: true, verbatimSymlinks: true });
    execFileSync('runc', ['spec'], { cwd: bundle });
    const file = join(bundle, 'config.json');
    const spec = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...spec, process: { ...spec.process, terminal: false, args: ['/bin/true'] } }));
  };
  const argv = ['runc', '--root', `${bundle}-state`, 'run', '-b', bundle, `varve-bench-${process.pid}`];
  return { name: 'runc true', prepare, run: () => [{ argv }] };
}

function overlay(dir: string): Limit {
  const prepare = () => {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(dir, name), { recursive: true });
  };
  const script =
    'cd "$1"; mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work,volatile overlay merged; umount merged; rm -rf work/work';
  return { name: 'mount', prepare, run: () => [shell(script, dir)] };
}
