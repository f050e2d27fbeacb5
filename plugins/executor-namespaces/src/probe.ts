import { existsSync, readFileSync } from 'node:fs';
import { whyLaunchUnavailable, whySystemUnavailable } from '@varve/core/system';

const CAP_SYS_ADMIN = 21n;
const NAMESPACES = ['mnt', 'pid', 'ipc', 'uts'];
const MOUNT = ['/bin/mount', '/usr/bin/mount', '/sbin/mount', '/usr/sbin/mount', '/usr/local/bin/mount'];

/** The first thing that this executor lacks here; looks only, and starts nothing. */
export function whyUnsupported(): string | undefined {
  const unavailable = whyLaunchUnavailable() ?? whySystemUnavailable();
  if (unavailable !== undefined) return unavailable;
  if (process.geteuid?.() !== 0) return 'it needs root';
  if (!hasCapability(CAP_SYS_ADMIN)) return 'it needs the capability CAP_SYS_ADMIN, which root lacks here (an unprivileged container?)';
  const missing = NAMESPACES.find((name) => !existsSync(`/proc/self/ns/${name}`));
  if (missing !== undefined) return `the kernel has no ${missing} namespaces`;
  if (!existsSync('/bin/sh')) return '/bin/sh is missing';
  if (!MOUNT.some((path) => existsSync(path))) return 'mount(8) is missing (package util-linux)';
  return undefined;
}

function hasCapability(number: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> number) & 1n) === 1n;
}
