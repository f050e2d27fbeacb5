import { existsSync, readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { messageOf } from '@varve/core';
import { readCertificates } from './certs-d.ts';
import { configFailure } from './config-file.ts';
import type { Certificates } from './endpoint.ts';

/** Where Linux distributions and BSDs keep what the system trusts. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

export interface Trust {
  /** Made when it is first asked for: to read what the system trusts takes 50 ms. @throws VarveError `REGISTRY_CONFIG` */
  readonly context: SecureContext;
  /** Somebody said which authorities vouch for this host: then it is verified, wherever it is. */
  readonly isPinned: boolean;
}

/** Whom to trust, host by host. Files are read when the first connection is made. */
export class TlsTrust {
  readonly #dirs: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #contexts = new Map<string, Promise<Trust>>();
  #system: readonly string[] | undefined;

  constructor(dirs: readonly string[], env: NodeJS.ProcessEnv) {
    this.#dirs = dirs;
    this.#env = env;
  }

  /** @param host as in references, with its port. @throws VarveError `REGISTRY_CONFIG` */
  find(host: string, certificates?: Certificates): Promise<Trust> {
    const key = `${host} ${certificates === undefined ? '' : JSON.stringify(certificates)}`;
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const made = this.#make(host, certificates);
    this.#contexts.set(key, made);
    made.catch(() => this.#contexts.delete(key)); // whoever waits for it is told
    return made;
  }

  async #make(host: string, certificates?: Certificates): Promise<Trust> {
    const { authorities, client } = certificates ?? (await readCertificates(this.#dirs, hostFolders(host)));
    let context: SecureContext | undefined;
    const make = (): SecureContext => {
      this.#system ??= systemAuthorities(this.#env);
      try {
        const ca = [...this.#system, ...authorities];
        return createSecureContext({ minVersion: 'TLSv1.2', ca, cert: client?.cert, key: client?.key });
      } catch (cause) {
        throw configFailure(`the certificates for ${host}`, messageOf(cause), cause);
      }
    };
    return {
      isPinned: authorities.length > 0,
      get context() {
        context ??= make();
        return context;
      },
    };
  }
}

/** Docker Hub's folder may have any of its names. */
const hostFolders = (host: string): readonly string[] => (host === 'docker.io' ? [host, 'registry-1.docker.io'] : [host]);

/** SSL_CERT_FILE stands for the system's own file, as for every program that uses OpenSSL or Go. */
function systemAuthorities(env: NodeJS.ProcessEnv): readonly string[] {
  const chosen = env.SSL_CERT_FILE;
  if (chosen !== undefined && chosen !== '' && !existsSync(chosen))
    throw configFailure(chosen, 'SSL_CERT_FILE names it, and it is not there');
  const file = chosen || BUNDLES.find((bundle) => existsSync(bundle));
  const extra = env.NODE_EXTRA_CA_CERTS;
  const files = [file, extra].filter((path): path is string => path !== undefined && path !== '' && existsSync(path));
  return [...(file === undefined ? rootCertificates : []), ...files.map((path) => readFileSync(path, 'utf8'))];
}
