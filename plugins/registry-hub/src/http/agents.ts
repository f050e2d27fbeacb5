import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Certificates } from '../hosts/endpoint.ts';
import type { TlsTrust } from '../hosts/tls-trust.ts';
import { proxyFor } from './proxy.ts';

/** How a connection is secured. */
export interface Security {
  /** As in references: certificates are looked up by it. */
  readonly host: string;
  /** `false`: a certificate that nobody vouches for will do, unless somebody said who has to. */
  readonly verify: boolean;
  readonly certificates?: Certificates | undefined;
}

/** Of a connection to a proxy that speaks TLS itself. */
export interface ProxyTls {
  readonly secureContext: SecureContext;
  /** Its own name: the requests are for somebody else. */
  readonly servername: string;
}

/** Connections that stay open for the next request, apart by how they are made and secured. */
export class Agents implements AsyncDisposable {
  readonly #trust: TlsTrust;
  readonly #env: NodeJS.ProcessEnv;
  readonly #agents = new Map<string, Agent>();

  constructor(trust: TlsTrust, env: NodeJS.ProcessEnv) {
    this.#trust = trust;
    this.#env = env;
  }

  /** @throws VarveError `REGISTRY_CONFIG`, `REGISTRY_PROXY` */
  async find(url: URL, security: Security): Promise<{ readonly agent: Agent; readonly proxy: URL | undefined }> {
    const proxy = proxyFor(url, this.#env);
    const ownTls = proxy === undefined ? undefined : await this.#tlsOf(proxy);
    if (url.protocol === 'http:') {
      if (ownTls === undefined) return { agent: this.#kept('http:', () => new HttpAgent({ keepAlive: true })), proxy };
      return { agent: this.#kept(`http: ${proxy?.href}`, () => new HttpsAgent({ keepAlive: true, ...ownTls })), proxy };
    }
    const { context, isPinned } = await this.#trust.find(security.host, security.certificates);
    const verify = security.verify || isPinned;
    // its class is one of node:https, which takes 40 ms to load
    const tunnels = proxy === undefined ? undefined : await import('./tunnel-agent.ts');
    const agent = this.#kept(`${url.host} ${security.host} ${verify} ${proxy?.href}`, () => {
      const options = { keepAlive: true, secureContext: context, rejectUnauthorized: verify };
      return proxy === undefined || tunnels === undefined ? new HttpsAgent(options) : new tunnels.TunnelAgent(proxy, options, ownTls);
    });
    return { agent, proxy: undefined }; // a tunnel's requests are those of a direct connection
  }

  /** How a proxy's own certificate is verified: always, and as that of a registry of its name. `undefined`: it has none. */
  async #tlsOf({ protocol, host, hostname }: URL): Promise<ProxyTls | undefined> {
    if (protocol !== 'https:') return undefined;
    const { context } = await this.#trust.find(host);
    return { secureContext: context, servername: isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : '' };
  }

  /** Whether somebody said who vouches for this host. */
  async isPinned({ host, certificates }: Security): Promise<boolean> {
    return (await this.#trust.find(host, certificates)).isPinned;
  }

  #kept(key: string, make: () => Agent): Agent {
    const agent = this.#agents.get(key) ?? make();
    this.#agents.set(key, agent);
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents.values()) agent.destroy();
  }
}
