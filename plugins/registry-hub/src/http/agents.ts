import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
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
    if (url.protocol === 'http:') return { agent: this.#kept('http:', () => new HttpAgent({ keepAlive: true })), proxy };
    const { context, isPinned } = await this.#trust.find(security.host, security.certificates);
    const verify = security.verify || isPinned;
    // its class is one of node:https, which takes 40 ms to load
    const tunnels = proxy === undefined ? undefined : await import('./tunnel-agent.ts');
    const agent = this.#kept(`${url.host} ${security.host} ${verify} ${proxy?.href}`, () => {
      const options = { keepAlive: true, secureContext: context, rejectUnauthorized: verify };
      return proxy === undefined || tunnels === undefined ? new HttpsAgent(options) : new tunnels.TunnelAgent(proxy, options);
    });
    return { agent, proxy: undefined }; // a tunnel's requests are those of a direct connection
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
