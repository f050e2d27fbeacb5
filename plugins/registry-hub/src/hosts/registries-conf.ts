import { VarveError } from '@varve/core';
import { configFailure, dropIns, isTable, readToml, type Table, textsOf } from './config-file.ts';
import type { Endpoint, FindRoute, Repository } from './endpoint.ts';
import { apiHost, isInsecure } from './registry-host.ts';

/** One `[[registry]]` of containers-registries.conf(5), version 2. */
interface Entry {
  /** `host[:port][/path]`, or `*.domain`. */
  readonly prefix: string;
  /** Instead of the prefix; empty: no other place. */
  readonly location: string;
  readonly isInsecure: boolean;
  readonly isBlocked: boolean;
  readonly mirrors: readonly Mirror[];
  readonly file: string;
}
interface Mirror {
  readonly location: string;
  readonly isInsecure: boolean;
  readonly pulls: 'all' | 'digest-only' | 'tag-only';
}

/** The first of `files` that exists, then the drop-ins of all `dirs`; a later entry of the same prefix replaces an earlier one. */
export async function readRegistriesConf(files: readonly string[], dirs: readonly string[]): Promise<FindRoute> {
  const entries = new Map<string, Entry>();
  const add = (file: string, table: Table): void => {
    for (const entry of entriesOf(table, file)) entries.set(entry.prefix, entry);
  };
  for (const file of files) {
    const table = await readToml(file);
    if (table === undefined) continue;
    add(file, table);
    break;
  }
  for (const file of (await Promise.all(dirs.map(dropIns))).flat()) add(file, (await readToml(file)) ?? {});
  return async (repository) => routeOf([...entries.values()], repository);
}

function entriesOf(table: Table, file: string): readonly Entry[] {
  const registries = table.registry ?? [];
  if (!Array.isArray(registries)) throw configFailure(file, 'registry: expected [[registry]] tables');
  return registries.filter(isTable).map((registry) => {
    const location = plainLocation(registry.location);
    const prefix = plainLocation(registry.prefix) || location;
    if (prefix === '') throw configFailure(file, 'a [[registry]] has neither prefix nor location');
    const byDigest = registry['mirror-by-digest-only'] === true;
    return {
      prefix,
      location,
      isInsecure: registry.insecure === true,
      isBlocked: registry.blocked === true,
      mirrors: (Array.isArray(registry.mirror) ? registry.mirror : []).filter(isTable).map((mirror) => mirrorOf(mirror, byDigest, file)),
      file,
    };
  });
}

function mirrorOf(mirror: Table, byDigest: boolean, file: string): Mirror {
  const location = plainLocation(mirror.location);
  const pulls = mirror['pull-from-mirror'] ?? (byDigest ? 'digest-only' : 'all');
  if (location === '') throw configFailure(file, 'a [[registry.mirror]] has no location');
  if (pulls !== 'all' && pulls !== 'digest-only' && pulls !== 'tag-only')
    throw configFailure(file, `pull-from-mirror: expected all, digest-only or tag-only, found ${JSON.stringify(pulls)}`);
  return { location, isInsecure: mirror.insecure === true, pulls };
}

const plainLocation = (value: unknown): string => (textsOf(value)[0] ?? '').replace(/\/+$/, '');

/** The entry with the longest prefix decides alone. */
function routeOf(entries: readonly Entry[], repository: Repository): ReturnType<FindRoute> extends Promise<infer R> ? R : never {
  const name = `${repository.host}/${repository.path}`;
  const fitting = entries
    .map((entry) => ({ entry, length: matchedLength(entry.prefix, repository, name) }))
    .filter(({ length }) => length > 0)
    .sort((a, b) => b.length - a.length || b.entry.prefix.length - a.entry.prefix.length)[0];
  if (fitting === undefined) return undefined;
  const { entry, length } = fitting;
  if (entry.isBlocked)
    throw new VarveError('REGISTRY_BLOCKED', `Images of ${entry.prefix} are blocked by ${entry.file}`, {
      hint: 'Whoever looks after this machine has decided so: use another name, or ask them.',
    });
  const rest = name.slice(length);
  const at = (location: string, options: Pick<Endpoint, 'isMirror' | 'serves'> & { readonly insecure: boolean }): Endpoint =>
    placeAt(`${location}${rest}`, { ...options, file: entry.file });
  return {
    mirrors: entry.mirrors.map(({ location, isInsecure: insecure, pulls }) =>
      at(location, { isMirror: true, insecure, serves: { tags: pulls !== 'digest-only', digests: pulls !== 'tag-only' } }),
    ),
    registry: at(entry.location || name.slice(0, length), {
      isMirror: false,
      insecure: entry.isInsecure,
      serves: { tags: true, digests: true },
    }),
  };
}

/** Characters of the name that a prefix stands for: of `*.example.com` the whole host. 0: it does not fit. */
function matchedLength(prefix: string, { host }: Repository, name: string): number {
  if (prefix.startsWith('*.')) return host.endsWith(prefix.slice(1)) && host.length > prefix.length - 1 ? host.length : 0;
  return name === prefix || name.startsWith(`${prefix}/`) ? prefix.length : 0;
}

function placeAt(
  name: string,
  { insecure, file, ...options }: Pick<Endpoint, 'isMirror' | 'serves'> & { readonly insecure: boolean; readonly file: string },
): Endpoint {
  const slash = name.indexOf('/');
  const host = slash === -1 ? name : name.slice(0, slash);
  return {
    ...options,
    host,
    api: apiHost(host),
    path: slash === -1 ? '' : name.slice(slash + 1),
    prefix: '/v2',
    tls: insecure || isInsecure(host, []) ? 'optional' : 'verified',
    source: file,
  };
}
