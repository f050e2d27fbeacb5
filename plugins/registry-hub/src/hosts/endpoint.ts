/** A repository as references name it. */
export interface Repository {
  /** `docker.io`, `registry.lan:5000`. */
  readonly host: string;
  readonly path: string;
}

/** Whom a registry's certificate is compared with, and who we say that we are. Contents of PEM files. */
export interface Certificates {
  /** Besides those that the system trusts. */
  readonly authorities: readonly string[];
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
}

/** How a host is talked to: `optional` is TLS with any certificate, or plain HTTP where it speaks no TLS. */
export type TlsMode = 'verified' | 'unverified' | 'optional' | 'none';

/** One place where a repository is found: a mirror, or the registry itself. */
export interface Endpoint extends Repository {
  /** `host:port` as configured: credentials and certificates are looked up by it. For Docker Hub `docker.io`. */
  readonly host: string;
  /** `host:port` that is connected to. */
  readonly api: string;
  /** Path of the repository at this place. */
  readonly path: string;
  /** In front of the repository's path: `/v2`. */
  readonly prefix: string;
  readonly tls: TlsMode;
  readonly isMirror: boolean;
  /** What may be asked for here. */
  readonly serves: { readonly tags: boolean; readonly digests: boolean };
  /** Said by a `hosts.toml`; otherwise the certificates are those of `certs.d`. */
  readonly certificates?: Certificates | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Which file or option says so. */
  readonly source: string;
}

/** What a source of settings says about a repository. */
export interface Route {
  /** Mirrors in the order in which they are asked. */
  readonly mirrors: readonly Endpoint[];
  /** The registry itself, where the source says something about it. */
  readonly registry?: Endpoint | undefined;
}

/** A source of settings. `undefined`: it says nothing about this repository. @throws VarveError `REGISTRY_BLOCKED`, `REGISTRY_CONFIG` */
export type FindRoute = (repository: Repository) => Promise<Route | undefined>;
