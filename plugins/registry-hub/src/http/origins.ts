import type { Abortable } from '@varve/core/image';
import type { Endpoint } from '../hosts/endpoint.ts';
import { isLoopback } from '../hosts/registry-host.ts';
import { discard, type HttpClient } from './http-client.ts';

/** Finds out whether a place speaks TLS, where that is not said. */
export class Origins {
  readonly #http: HttpClient;
  readonly #found = new Map<string, Promise<string>>();

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /** `https://registry-1.docker.io`; asked once for each place. */
  async find(endpoint: Endpoint, options: Abortable): Promise<string> {
    const { api, tls, host, certificates } = endpoint;
    if (tls === 'none') return `http://${api}`;
    if (tls !== 'optional' || (await this.#http.isPinned({ host, verify: false, certificates }))) return `https://${api}`;
    const known = this.#found.get(api);
    if (known !== undefined) return await known;
    const found = this.#probe(endpoint, options).catch((failure: unknown) => {
      this.#found.delete(api);
      throw failure;
    });
    this.#found.set(api, found);
    return await found;
  }

  /** On loopback nobody listens in, and most registries there speak plain HTTP; elsewhere TLS comes first. Without credentials. */
  async #probe(endpoint: Endpoint, options: Abortable): Promise<string> {
    const { api } = endpoint;
    const isPlain = isLoopback(api) && (await this.#speaks('http:', endpoint, options));
    return !isPlain && (await this.#speaks('https:', endpoint, options)) ? `https://${api}` : `http://${api}`;
  }

  /** A server that wants TLS closes a plain connection, or says 400; one that does not, answers TLS with something else. */
  async #speaks(protocol: 'http:' | 'https:', { api, host, prefix }: Endpoint, { signal }: Abortable): Promise<boolean> {
    try {
      const security = { host, verify: false };
      const response = await this.#http.send(new URL(`${protocol}//${api}${prefix}/`), { method: 'GET', signal, security });
      discard(response); // the next request takes its connection
      return protocol === 'https:' || response.statusCode !== 400;
    } catch (cause) {
      signal?.throwIfAborted();
      const { code = '' } = cause as NodeJS.ErrnoException;
      const isOther =
        code === 'ECONNRESET' || code.startsWith('HPE_') || code.startsWith('ERR_SSL') || code === 'EPROTO' || code === 'EPROXY';
      // Any other failure the request itself will tell; a closed port may be the other protocol's.
      return !isOther && (protocol === 'http:' || code !== 'ECONNREFUSED');
    }
  }
}
