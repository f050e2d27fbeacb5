import { HOST_ENV, type RootStep } from '@varve/core/system';

/**
 * crun binds the root once more without the options that it has. This hook runs where the container's mounts are, before its root is
 * entered. A hook must read its input: crun fails when one ends before it has.
 */
export function keepOptions({ target, options = [] }: RootStep): object {
  const kept = ['remount', 'bind', ...options.filter((option) => option !== 'rbind')].join(',');
  return hook('while read -r _; do :; done; exec mount -o "$1" "$2"', [kept, target]);
}

/**
 * Moves a container's process into control groups before its program starts; the runtime itself stays out of them. `dir` holds them. It
 * is told the process's number in the namespace that it runs in itself.
 */
export const enterGroups = (dir: string): object =>
  hook(
    `pid=$(sed -n 's/.*"pid"[^0-9]*\\([0-9][0-9]*\\).*/\\1/p') && for group in "$1"/*; do echo "$pid" >"$group/cgroup.procs" || exit; done`,
    [dir],
  );

const hook = (script: string, args: readonly string[]): object => ({
  path: '/bin/sh',
  args: ['sh', '-c', script, 'hook', ...args],
  env: [`PATH=${HOST_ENV.PATH}`],
});
