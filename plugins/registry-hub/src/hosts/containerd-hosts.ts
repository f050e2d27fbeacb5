import { isAbsolute, join } from 'node:path';
import { configFailure, isTable, readIfThere, readToml, type Table, textsOf } from './config-file.ts';
import type { Certificates, Endpoint, FindRoute, Repository } from './endpoint.ts';
import { apiHost, isLoopback } from './registry-host.ts';

/** `<dir>/<host>/hosts.toml`, or `<dir>/_default/hosts.toml`, as containerd reads them; of several directories the first that has one. */
export function containerdHosts(dirs: readonly string[]): FindRoute {
  return async (repository) => {
    for (const dir of dirs)
      for (const name of [repository.host, repository.host.replace(/:(\d+)$/, '_$1_'), '_default']) {
        const folder = join(dir, name);
        const table = await readToml(join(folder, 'hosts.toml'));
        if (table !== undefined) return await routeOf(table, repository, folder);
      }
    return undefined;
  };
}

async function routeOf(table: Table, repository: Repository, folder: string): Promise<Awaited<ReturnType<FindRoute>>> {
  const file = join(folder, 'hosts.toml');
  const hosts = isTable(table.host) ? Object.entries(table.host) : [];
  const mirrors: Endpoint[] = [];
  for (const [url, settings] of hosts) {
    if (!isTable(settings)) continue;
    const mirror = await placeAt(url, settings, { repository, folder, file });
    if (mirror.serves.tags || mirror.serves.digests) mirrors.push({ ...mirror, isMirror: true });
  }
  const [server] = textsOf(table.server);
  if (server === undefined && Object.keys(table).every((key) => key === 'host')) return { mirrors };
  const registry = await placeAt(server ?? `https://${apiHost(repository.host)}`, table, { repository, folder, file });
  return { mirrors, registry: { ...registry, host: registry.api === apiHost(repository.host) ? repository.host : registry.host } };
}

interface Context {
  readonly repository: Repository;
  readonly folder: string;
  readonly file: string;
}

async function placeAt(text: string, settings: Table, { repository, folder, file }: Context): Promise<Endpoint> {
  const whole = /^https?:\/\//.test(text) ? text : `${isLoopback(text.split('/')[0] ?? '') ? 'http' : 'https'}://${text}`;
  if (!URL.canParse(whole)) throw configFailure(file, `${JSON.stringify(text)} is no address`);
  const { host, pathname, protocol } = new URL(whole);
  const path = pathname.replace(/\/+$/, '');
  const capabilities = settings.capabilities === undefined ? ['pull', 'resolve'] : textsOf(settings.capabilities);
  const isWhole = settings.override_path === true || path.endsWith('/v2');
  return {
    host,
    api: host,
    path: repository.path,
    prefix: isWhole ? path : `${path}/v2`,
    tls: protocol === 'http:' ? 'none' : settings.skip_verify === true ? 'unverified' : 'verified',
    isMirror: false,
    serves: { tags: capabilities.includes('resolve'), digests: capabilities.includes('pull') },
    certificates: await certificatesOf(settings, folder),
    headers: headersOf(settings.header),
    source: file,
  };
}

async function certificatesOf({ ca, client }: Table, folder: string): Promise<Certificates | undefined> {
  if (ca === undefined && client === undefined) return undefined;
  const read = async (name: string): Promise<string> => {
    const file = isAbsolute(name) ? name : join(folder, name);
    const text = await readIfThere(file);
    if (text === undefined) throw configFailure(join(folder, 'hosts.toml'), `there is no ${file}`);
    return text;
  };
  const authorities = await Promise.all(textsOf(ca).map(read));
  const first: unknown = Array.isArray(client) && Array.isArray(client[0]) ? client[0] : client;
  const [cert, key = cert] = textsOf(first);
  if (cert === undefined || key === undefined) return { authorities };
  return { authorities, client: { cert: await read(cert), key: await read(key) } };
}

function headersOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isTable(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name.toLowerCase(), textsOf(text).join(', ')]));
}
