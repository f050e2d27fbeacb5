import { type ClientRequestArgs, request as httpRequest } from 'node:http';
import { Agent, type AgentOptions, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { ProxyTls } from './agents.ts';
import { proxyAnswered, proxyAuthorization, proxyFailure } from './proxy.ts';

/** Milliseconds without an answer, where the request has no limit of its own. */
const PATIENCE = 30_000;

/** TLS through a proxy: each connection begins with CONNECT (RFC 9110, 9.3.6). */
export class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #tls: ProxyTls | undefined;

  constructor(proxy: URL, options: AgentOptions, tls: ProxyTls | undefined) {
    super(options);
    this.#proxy = proxy;
    this.#tls = tls;
  }

  override createConnection(
    options: ClientRequestArgs & ConnectionOptions,
    callback?: (failure: Error | null, socket: Duplex) => void,
  ): undefined {
    const { host = 'localhost', port = 443, timeout = PATIENCE } = options;
    const name = String(host);
    const target = `${name.includes(':') ? `[${name}]` : name}:${port}`;
    const done = callback as (failure: Error | null, socket?: Duplex) => void;
    const send = this.#proxy.protocol === 'https:' ? httpsRequest : httpRequest;
    const asking = send({
      host: this.#proxy.hostname.replace(/^\[|\]$/g, ''),
      port: this.#proxy.port || (this.#proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(this.#proxy) },
      agent: false,
      timeout,
      ...this.#tls,
    });
    asking.once('timeout', () => asking.destroy(silence()));
    asking.once('error', (cause) => done(proxyFailure(this.#proxy, cause)));
    asking.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        return done(proxyAnswered(this.#proxy, response.statusCode ?? 0));
      }
      socket.removeAllListeners('timeout');
      const secured: TLSSocket = connect({ ...options, socket, servername: options.servername });
      const giveUp = (): void => void secured.destroy(silence());
      secured.setTimeout(timeout, giveUp); // the request has no connection yet that it could watch
      secured.once('error', (cause) => done(cause));
      secured.once('secureConnect', () => {
        secured.setTimeout(0);
        secured.off('timeout', giveUp);
        done(null, secured);
      });
    });
    asking.end();
  }
}

const silence = (): Error => Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
