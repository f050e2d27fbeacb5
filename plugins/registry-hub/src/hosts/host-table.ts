import { containerdHosts } from './containerd-hosts.ts';
import { mirrorAt, readDaemon } from './docker-daemon.ts';
import type { Endpoint, FindRoute, Repository } from './endpoint.ts';
import type { Places } from './places.ts';
import { readRegistriesConf } from './registries-conf.ts';
import { apiHost, isListedInsecure, isLoopback } from './registry-host.ts';

export interface HostOptions {
  readonly places: Places;
  /** Names, `host:port` and ranges of addresses that may be talked to without TLS. */
  readonly insecure: readonly string[];
  /** Mirrors by registry host, as addresses; they come before those of the files. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
}

/** Knows at which places a repository is found. Files are read once, when somebody first asks. */
export class HostTable {
  readonly #options: HostOptions;
  readonly #found = new Map<string, ReturnType<HostTable['endpoints']>>();
  #sources: Promise<{ readonly insecure: readonly string[]; readonly routes: readonly FindRoute[] }> | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /**
   * Mirrors in their order, then the registry itself. The first source that knows the repository decides: options, hosts.toml,
   * registries.conf, daemon.json.
   * @throws VarveError `REGISTRY_BLOCKED`, `REGISTRY_CONFIG`
   */
  async endpoints(repository: Repository): Promise<readonly [...Endpoint[], Endpoint]> {
    const name = `${repository.host}/${repository.path}`;
    const found = this.#found.get(name) ?? this.#find(repository);
    this.#found.set(name, found);
    found.catch(() => this.#found.delete(name));
    return await found;
  }

  async #find(repository: Repository): ReturnType<HostTable['endpoints']> {
    const { insecure, routes } = await this.#read();
    for (const find of routes) {
      const route = await find(repository);
      if (route === undefined) continue;
      const registry = route.registry ?? (await itself(repository, insecure));
      return [...(await Promise.all(route.mirrors.map((mirror) => eased(mirror, insecure)))), await eased(registry, insecure)];
    }
    return [await itself(repository, insecure)];
  }

  /** The registry itself, to which images are pushed. @throws VarveError `REGISTRY_BLOCKED`, `REGISTRY_CONFIG` */
  async registry(repository: Repository): Promise<Endpoint> {
    const endpoints = await this.endpoints(repository);
    return endpoints.at(-1) as Endpoint; // never empty
  }

  /** Options and daemon.json together. */
  async insecure(): Promise<readonly string[]> {
    return (await this.#read()).insecure;
  }

  async #read(): Promise<{ readonly insecure: readonly string[]; readonly routes: readonly FindRoute[] }> {
    this.#sources ??= this.#load();
    return await this.#sources;
  }

  async #load(): Promise<{ readonly insecure: readonly string[]; readonly routes: readonly FindRoute[] }> {
    const { places, insecure, mirrors } = this.#options;
    const daemon = await readDaemon(places.daemon);
    const conf = await readRegistriesConf(places.registriesConf, places.registriesConfDirs);
    return {
      insecure: [...insecure, ...daemon.insecure],
      routes: [optionMirrors(mirrors), containerdHosts(places.hostsDirs), conf, daemon.route],
    };
  }
}

const optionMirrors =
  (mirrors: HostOptions['mirrors']): FindRoute =>
  async (repository) => {
    const own = Object.hasOwn(mirrors, repository.host) ? mirrors[repository.host] : undefined;
    return own && { mirrors: own.map((url) => mirrorAt(new URL(url), repository, 'the option "mirrors"')) };
  };

async function itself(repository: Repository, insecure: readonly string[]): Promise<Endpoint> {
  const isEased = isLoopback(repository.host) || (await isListedInsecure(repository.host, insecure));
  return {
    ...repository,
    api: apiHost(repository.host),
    prefix: '/v2',
    tls: isEased ? 'optional' : 'verified',
    isMirror: false,
    serves: { tags: true, digests: true },
    source: isEased && !isLoopback(repository.host) ? 'insecure registries' : 'its name',
  };
}

/** Whoever lists a host as insecure means it wherever else the host is named. */
const eased = async (endpoint: Endpoint, insecure: readonly string[]): Promise<Endpoint> =>
  endpoint.tls === 'verified' && (await isListedInsecure(endpoint.api, insecure)) ? { ...endpoint, tls: 'optional' } : endpoint;
