import { Authorizer } from '../auth/authorizer.ts';
import { type FindCredentials, fileCredentials } from '../auth/credentials.ts';
import { HostTable } from '../hosts/host-table.ts';
import { defaultPlaces, type Places } from '../hosts/places.ts';
import { TlsTrust } from '../hosts/tls-trust.ts';
import { Agents } from '../http/agents.ts';
import { HttpClient } from '../http/http-client.ts';
import { Requester } from '../http/requester.ts';
import type { RegistryOptions } from '../options.ts';

export interface RequesterParts {
  readonly requester: Requester;
  readonly hosts: HostTable;
  readonly http: HttpClient;
  readonly find: FindCredentials;
}

interface Asking {
  readonly env?: NodeJS.ProcessEnv;
  readonly find?: FindCredentials | undefined;
  /** Told of tokens that may stand for a password; asks for such ones. */
  readonly onRefreshToken?: ((token: string) => void) | undefined;
}

/** Everything that a request needs, from options and the environment. Reads nothing yet. */
export function makeRequester(
  options: RegistryOptions,
  { env = process.env, find = fileCredentials(options.credentials), onRefreshToken }: Asking = {},
): RequesterParts {
  const places = placesOf(options, env);
  const hosts = new HostTable({ places, insecure: options.insecure, mirrors: options.mirrors });
  const agents = new Agents(new TlsTrust(places.certsDirs, env), env);
  const http = new HttpClient({ agents, stallTimeout: options.stallTimeout });
  const authorizer = new Authorizer({ http, find, insecure: () => hosts.insecure(), onRefreshToken });
  return {
    requester: new Requester({ http, authorizer, hosts, retries: options.retries, retryWait: options.retryWait }),
    hosts,
    http,
    find,
  };
}

function placesOf(options: RegistryOptions, env: NodeJS.ProcessEnv): Places {
  const usual = defaultPlaces(env);
  return {
    daemon: options.daemonFiles ?? usual.daemon,
    registriesConf: options.registriesConf ?? usual.registriesConf,
    registriesConfDirs: options.registriesConfDirs ?? usual.registriesConfDirs,
    hostsDirs: options.hostsDirs ?? usual.hostsDirs,
    certsDirs: options.certsDirs ?? usual.certsDirs,
  };
}
