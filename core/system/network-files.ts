import { readFileSync } from 'node:fs';

/**
 * /etc/hosts for a process of a build: generated as BuildKit does, so that a build sees the same on every machine; names of one's own
 * come as `extra`, `[address, name]`.
 */
export function hostsFile(hostname: string, extra: readonly (readonly [string, string])[] = []): string {
  const rows = [['127.0.0.1', `localhost ${hostname}`], ['::1', 'localhost ip6-localhost ip6-loopback'], ...extra];
  return rows.map(([address, names]) => `${address}\t${names}\n`).join('');
}

/** The host's /etc/resolv.conf: processes with the host's network reach whatever it names. Empty where the host has none. */
export function resolvConf(path = '/etc/resolv.conf'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw failure;
  }
}
