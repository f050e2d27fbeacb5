import { configFailure, readJson, textsOf } from './config-file.ts';
import type { Endpoint, FindRoute, Repository } from './endpoint.ts';

/** What docker's `daemon.json` says about registries. */
export interface DaemonSettings {
  /** Names, `host:port`, and ranges of addresses. */
  readonly insecure: readonly string[];
  /** Mirrors of Docker Hub. */
  readonly route: FindRoute;
}

/** @throws VarveError `REGISTRY_CONFIG` */
export async function readDaemon(files: readonly string[]): Promise<DaemonSettings> {
  for (const file of files) {
    const config = await readJson(file);
    if (config === undefined) continue;
    const mirrors = textsOf(config['registry-mirrors']).map((text) => mirrorUrl(text, file));
    const route: FindRoute = async (repository) =>
      repository.host === 'docker.io' && mirrors.length > 0
        ? { mirrors: mirrors.map((url) => mirrorAt(url, repository, file)) }
        : undefined;
    return { insecure: textsOf(config['insecure-registries']), route };
  }
  return { insecure: [], route: async () => undefined };
}

function mirrorUrl(text: string, file: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw configFailure(file, 'registry-mirrors: expected addresses like https://mirror.example');
  return url;
}

/** docker knows mirrors by their address: one with `http:` is talked to so. */
export const mirrorAt = (url: URL, { path }: Repository, source: string): Endpoint => ({
  host: url.host,
  api: url.host,
  path,
  prefix: `${url.pathname.replace(/\/+$/, '')}/v2`,
  tls: url.protocol === 'http:' ? 'none' : 'verified',
  isMirror: true,
  serves: { tags: true, digests: true },
  source,
});
