import { closeSync, openSync } from 'node:fs';
import { mount } from '../mount.ts';
import { attempt, call } from './calls.ts';
import type { Namespace } from './plan.ts';

const CLONE: Readonly<Record<Namespace, number>> = {
  mount: 0x00020000,
  uts: 0x04000000,
  ipc: 0x08000000,
  pid: 0x20000000,
  network: 0x40000000,
};
const FILES: Readonly<Record<Namespace, string>> = { mount: 'mnt', uts: 'uts', ipc: 'ipc', pid: 'pid_for_children', network: 'net' };

/** Where this thread was at first. */
interface Home {
  readonly root: number;
  readonly namespaces: readonly { readonly kind: Namespace; readonly fd: number }[];
  readonly groups: readonly number[];
}
let home: Home | undefined;
let away: readonly Namespace[] = [];

/** Moves this thread, and with `pid` its future children, into those of another process, or into a new mount namespace. */
export function enterNamespaces(kinds: readonly Namespace[], of?: number): void {
  home ??= {
    root: openSync('/', 'r'),
    namespaces: (Object.keys(CLONE) as Namespace[]).map((kind) => ({ kind, fd: openSync(`/proc/thread-self/ns/${FILES[kind]}`, 'r') })),
    groups: process.getgroups?.() ?? [],
  };
  if (of === undefined) unshareMounts(kinds);
  else join(kinds, of);
}

function join(kinds: readonly Namespace[], of: number): void {
  const open = kinds.map((kind) => ({ kind, fd: openSync(`/proc/${of}/ns/${FILES[kind]}`, 'r') }));
  try {
    for (const { kind, fd } of open) {
      call('setns', fd, CLONE[kind]);
      away = [...away, kind];
    }
  } finally {
    for (const { fd } of open) closeSync(fd);
  }
}

function unshareMounts(kinds: readonly Namespace[]): void {
  if (!kinds.includes('mount')) return;
  call('unshare', CLONE.mount);
  away = ['mount'];
  mount({ source: 'none', target: '/', type: 'none', options: ['rprivate'] });
}

/** Undoes everything that this thread did to itself, also after a part of it only. @throws Error when it cannot */
export function leaveNamespaces(): void {
  if (home === undefined) return;
  call('setresuid', 0, 0, 0);
  call('setresgid', 0, 0, 0);
  call('setgroups', home.groups.length, Buffer.from(Uint32Array.from(home.groups).buffer));
  for (const { kind, fd } of home.namespaces) if (away.includes(kind)) call('setns', fd, CLONE[kind]);
  away = [];
  call('fchdir', home.root);
  if (attempt('chroot', '.') < 0) throw new Error('the way back to the root is closed');
}
