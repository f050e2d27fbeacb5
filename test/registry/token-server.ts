import { randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Certificate, selfSigned } from './certificates.ts';

export interface Account {
  readonly username: string;
  readonly password: string;
  /** What may stand for the password (docker's "identity token"). */
  readonly refreshToken: string;
}

/** What a client asked for. */
export interface TokenRequest {
  readonly method: string;
  readonly scopes: readonly string[];
  readonly service: string;
  readonly user: string | undefined;
}

/**
 * A token server as docker-registry believes it (distribution, "Token Authentication Specification" and "OAuth2 Token Authentication"): its
 * tokens are JWTs that are signed with a key of the test. Known accounts may do everything, strangers may pull from `public/`.
 */
export class TokenServer implements AsyncDisposable {
  static readonly SERVICE = 'registry, "of" the test';
  static readonly #ISSUER = 'token server of the test';
  readonly #server: Server;
  readonly #certificate: Certificate;
  readonly #account: Account;
  readonly requests: TokenRequest[] = [];
  /** All tokens that were given: none may be found anywhere. */
  readonly tokens: string[] = [];
  /** Answers in its stead. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Actions that are granted at most. */
  grants: readonly string[] = ['pull', 'push', '*'];
  /** Whether whoever brings the password may have the token that stands for it. */
  offersRefresh = false;
  /** Seconds that a token is good for; the registry allows a minute more. */
  life = 300;

  private constructor(certificate: Certificate, account: Account) {
    this.#certificate = certificate;
    this.#account = account;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(dir: string, account: Account): Promise<TokenServer> {
    const server = new TokenServer(selfSigned(dir, 'tokens'), account);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** What docker-registry's configuration says about it. */
  get auth(): object {
    const { port } = this.#server.address() as AddressInfo;
    const realm = `http://127.0.0.1:${port}/token`;
    return { token: { realm, service: TokenServer.SERVICE, issuer: TokenServer.#ISSUER, rootcertbundle: this.#certificate.cert } };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const isPost = request.method === 'POST';
    const asked = isPost ? new URLSearchParams(Buffer.concat(chunks).toString()) : new URL(request.url ?? '', 'http://x').searchParams;
    const user = isPost ? this.#refreshed(asked) : this.#basic(request.headers.authorization);
    const scopes = isPost ? (asked.get('scope') ?? '').split(' ').filter(Boolean) : asked.getAll('scope');
    this.requests.push({ method: request.method ?? '', scopes, service: asked.get('service') ?? '', user });
    if (this.instead?.(request, response)) return;
    const isWrong = user === undefined && (isPost || request.headers.authorization !== undefined);
    if (isWrong)
      return void response.writeHead(401, { 'content-type': 'application/json' }).end('{"details":"incorrect username or password"}');
    const token = this.#token(user, scopes);
    this.tokens.push(token);
    response.writeHead(200, { 'content-type': 'application/json' });
    const isOffered =
      this.offersRefresh && asked.get('offline_token') === 'true' && asked.get('account') === user && asked.has('client_id');
    const refresh = isOffered && { refresh_token: this.#account.refreshToken };
    response.end(JSON.stringify({ [isPost ? 'access_token' : 'token']: token, ...refresh, expires_in: Math.max(60, this.life) }));
  }

  #basic(header: string | undefined): string | undefined {
    const { username, password } = this.#account;
    return header === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` ? username : undefined;
  }

  #refreshed(asked: URLSearchParams): string | undefined {
    const isRight = asked.get('grant_type') === 'refresh_token' && asked.get('refresh_token') === this.#account.refreshToken;
    return isRight && asked.get('client_id') ? this.#account.username : undefined;
  }

  #token(user: string | undefined, scopes: readonly string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.map((scope) => {
      const [, type = '', name = '', actions = ''] = /^([^:]+):(.*):([^:]*)$/.exec(scope) ?? [];
      const allowed = user === undefined ? (name.startsWith('public/') ? ['pull'] : []) : this.grants;
      return { type, name, actions: actions.split(',').filter((action) => allowed.includes(action)) };
    });
    const leaf = readFileSync(this.#certificate.cert, 'utf8').replace(/-----[A-Z ]+-----|\s/g, '');
    const times = { nbf: now - 600, iat: now - 600, exp: now + this.life };
    const claims = { iss: TokenServer.#ISSUER, sub: user ?? '', aud: TokenServer.SERVICE, ...times, jti: randomUUID(), access };
    const text = [{ typ: 'JWT', alg: 'ES256', x5c: [leaf] }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = { key: readFileSync(this.#certificate.key), dsaEncoding: 'ieee-p1363' } as const;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
