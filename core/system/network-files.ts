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
export function resolvConf(path = '/etc/resolv.conf', dns: DnsSettings = {}): string {
  return applyDns(readHost(path), dns);
}

/** What is given takes the place of the host's lines of the same kind. */
export interface DnsSettings {
  readonly servers?: readonly string[];
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

function applyDns(text: string, { servers, search, options }: DnsSettings): string {
  const given = [
    ...(servers ?? []).map((server) => `nameserver ${server}`),
    ...(search === undefined || search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...(options === undefined || options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  if (given.length === 0) return text;
  const kinds = new Set(given.map((line) => line.split(' ', 1)[0]));
  if (kinds.has('search')) kinds.add('domain');
  const kept = text.split('\n').filter((line) => line !== '' && !kinds.has(line.trim().split(/\s/, 1)[0]));
  return [...kept, ...given].map((line) => `${line}\n`).join('');
}

function readHost(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw failure;
  }
}
