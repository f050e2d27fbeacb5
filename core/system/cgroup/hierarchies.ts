import { accessSync, constants, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type MountInfo, mounts } from '../mounts.ts';

export const CONTROLLERS = ['memory', 'cpu', 'cpuacct', 'cpuset', 'pids', 'freezer', 'devices'] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** Where a controller's groups are. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** Its mount point. */
  readonly dir: string;
  /** The group that this process is in. */
  readonly home: string;
}

let found: ReadonlyMap<Controller, Hierarchy> | undefined;

/** What this host has, of version 1, 2 or both (cgroups(7)); only what this process may change. */
export function hierarchies(): ReadonlyMap<Controller, Hierarchy> {
  found ??= find();
  return found;
}

function find(): ReadonlyMap<Controller, Hierarchy> {
  const all = mounts().filter(({ target }) => isWritable(target));
  const unified = all.find(({ type }) => type === 'cgroup2');
  const native = unified === undefined ? [] : controllersOf(unified.target);
  const own = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n').map(parseOwn);
  const homeIn = ({ target, root }: MountInfo, controller: string): string => {
    const path = own.find(({ names }) => names.includes(controller))?.path ?? '/';
    return join(target, root === '/' ? path : relative(root, path));
  };
  const pairs = CONTROLLERS.flatMap((name): readonly (readonly [Controller, Hierarchy])[] => {
    const old = all.find(({ type, superOptions }) => type === 'cgroup' && superOptions.includes(name));
    if (old !== undefined) return [[name, { version: 1, dir: old.target, home: homeIn(old, name) }]];
    return unified !== undefined && native.includes(name) ? [[name, { version: 2, dir: unified.target, home: homeIn(unified, '') }]] : [];
  });
  return new Map(pairs);
}

/** Freezing and counting time belong to version 2 itself; they are not controllers there. */
const controllersOf = (unified: string): readonly string[] => [
  ...readFileSync(join(unified, 'cgroup.controllers'), 'utf8').trim().split(' '),
  'freezer',
  'cpuacct',
];

/** `4:memory:/path`; of version 2 `0::/path`. */
function parseOwn(line: string): { readonly names: readonly string[]; readonly path: string } {
  const [, names = '', ...path] = line.split(':');
  return { names: names.split(','), path: path.join(':') };
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
