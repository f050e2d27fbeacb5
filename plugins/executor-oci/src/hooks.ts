import { join } from 'node:path';
import type { ProcessHook } from '@varve/core';
import { HOST_ENV, type ReadyMount, type RootStep } from '@varve/core/system';

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

/** The modes that were asked for, as words: a mode, and the host's path of the mount point. */
export const modesOf = (root: string, mounts: readonly ReadyMount[]): readonly string[] =>
  mounts.flatMap(({ type, target, options = [] }) => {
    const mode = options.findLast((option) => option.startsWith('mode='));
    return type === 'tmpfs' && mode !== undefined ? [mode.slice('mode='.length), join(root, target)] : [];
  });

/** Before 1.2 runc gives a tmpfs the mode of what it is mounted over. A path that leads elsewhere meanwhile is left alone. */
export const setModes = (modes: readonly string[]): object =>
  hook(
    'while read -r _; do :; done; while [ $# -gt 0 ]; do cd "$2" && [ "$(pwd -P)" = "$2" ] && chmod "$1" . || exit; shift 2; done',
    modes,
  );

/** Those of the process after our own, each at its moment. */
export function joinHooks(asked: readonly ProcessHook[] = [], own: Readonly<Record<string, readonly object[]>> = {}): object {
  const moments = new Set([...Object.keys(own), ...asked.map(({ when }) => when)]);
  const all = [...moments].map((moment) => {
    const theirs = asked.flatMap(({ when, ...program }) => (when === moment ? [program] : []));
    return [moment, [...(own[moment] ?? []), ...theirs]] as const;
  });
  return Object.fromEntries(all.filter(([, hooks]) => hooks.length > 0));
}

const hook = (script: string, args: readonly string[]): object => ({
  path: '/bin/sh',
  args: ['sh', '-c', script, 'hook', ...args],
  env: [`PATH=${HOST_ENV.PATH}`],
});
