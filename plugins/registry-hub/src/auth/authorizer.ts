import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import { isInsecure } from '../hosts/registry-host.ts';
import { type HttpClient, type HttpRequest, readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials, FindCredentials } from './credentials.ts';

const TOKEN_LIMIT = 1 << 20;
/** Seconds that a token lives if nobody says (distribution, token authentication), and how long before its end it is renewed. */
const TOKEN_LIFE = 60;
const RENEW_EARLY = 10;

export interface AuthorizerOptions {
  readonly http: HttpClient;
  readonly find: FindCredentials;
  readonly insecure: readonly string[];
}

/** What is asked for, of whom. */
export interface Access {
  /** As in references. */
  readonly host: string;
  readonly path: string;
  readonly actions: 'pull' | 'pull,push';
  /** Of the registry. */
  readonly origin: string;
  readonly signal?: AbortSignal | undefined;
}

interface Header {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Answers registries that ask who is there, and remembers the answers. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #headers = new Map<string, Header>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The header that was accepted before, if it still holds. */
  known(access: Access): string | undefined {
    const header = this.#headers.get(keyOf(access));
    return header !== undefined && header.until > Date.now() ? header.value : undefined;
  }

  /** A header for a request that was refused with 401; `undefined`: there is nothing to say. @throws VarveError `REGISTRY_…` */
  async answer(refusal: IncomingMessage, access: Access): Promise<string | undefined> {
    this.#headers.delete(keyOf(access));
    const challenges = parseChallenges(refusal.headersDistinct['www-authenticate'] ?? []);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const header = bearer === undefined ? await this.#basic(challenges, access) : await this.#token(bearer, access);
    if (header !== undefined) this.#headers.set(keyOf(access), header);
    return header?.value;
  }

  async #basic(challenges: readonly Challenge[], access: Access): Promise<Header | undefined> {
    if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined;
    const found = await this.#options.find(access.host, access.path);
    return found?.kind === 'password' ? { value: basic(found), until: Number.POSITIVE_INFINITY } : undefined;
  }

  /** distribution, "Token Authentication Specification" and "OAuth2 Token Authentication". */
  async #token({ parameters }: Challenge, access: Access): Promise<Header | undefined> {
    const realm = realmOf(parameters.realm ?? '', access, this.#options.insecure);
    const scope = parameters.scope ?? `repository:${access.path}:${access.actions}`;
    const found = await this.#options.find(access.host, access.path);
    const service = parameters.service ?? '';
    const response = await this.#options.http.send(...tokenRequest(realm, { service, scope, found, signal: access.signal }));
    if (response.statusCode !== 200) throw await registryFailure(response, { host: realm.host, what: `a token for ${access.path}` });
    return headerOf(await readBody(response, TOKEN_LIMIT), realm.host);
  }
}

const keyOf = ({ origin, path, actions }: Access): string => `${origin} ${path} ${actions}`;
const basic = ({ username, password }: Extract<Credentials, { kind: 'password' }>): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** Credentials go there: it must be as safe as the registry itself. @throws VarveError `REGISTRY_ANSWER` */
function realmOf(text: string, { origin }: Access, insecure: readonly string[]): URL {
  const realm = URL.canParse(text, origin) ? new URL(text, origin) : undefined;
  const isSafe = realm?.protocol === 'https:' || (realm?.protocol === 'http:' && isInsecure(realm.host, insecure));
  if (realm === undefined || !isSafe)
    throw new VarveError(
      'REGISTRY_ANSWER',
      `${new URL(origin).host} asks for a token from ${realm === undefined ? 'no address' : `${realm.protocol}//${realm.host}`}, which is not safe`,
    );
  realm.username = '';
  realm.password = '';
  return realm;
}

interface TokenQuery {
  readonly service: string;
  readonly scope: string;
  readonly found: Credentials | undefined;
  readonly signal: AbortSignal | undefined;
}

function tokenRequest(realm: URL, { service, scope, found, signal }: TokenQuery): [URL, HttpRequest] {
  if (found?.kind === 'token') {
    const form = new URLSearchParams({ grant_type: 'refresh_token', service, scope, client_id: 'varve', refresh_token: found.token });
    const body = Buffer.from(form.toString());
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
    return [realm, { method: 'POST', headers, body: () => body, signal }];
  }
  const url = new URL(realm);
  if (service !== '') url.searchParams.set('service', service);
  for (const one of scope.split(' ').filter(Boolean)) url.searchParams.append('scope', one);
  return [url, { method: 'GET', headers: found === undefined ? {} : { authorization: basic(found) }, signal }];
}

function headerOf(body: Buffer, host: string): Header {
  let answer: { readonly token?: unknown; readonly access_token?: unknown; readonly expires_in?: unknown } = {};
  try {
    answer = (JSON.parse(body.toString('utf8')) ?? {}) as typeof answer;
  } catch {
    // told below; the parser's message may quote a token
  }
  const token = answer.token || answer.access_token;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new VarveError('REGISTRY_ANSWER', `Expected a token from ${host}, found none in its answer`);
  const life = typeof answer.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : TOKEN_LIFE;
  return { value: `Bearer ${token}`, until: Date.now() + Math.max(1, life - RENEW_EARLY) * 1000 };
}
