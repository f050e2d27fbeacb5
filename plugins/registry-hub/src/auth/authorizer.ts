import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import { isInsecure, isLinkLocal } from '../hosts/registry-host.ts';
import type { HttpClient } from '../http/http-client.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { FindCredentials } from './credentials.ts';
import { mergeScopes } from './scopes.ts';
import { type Authorization, basic, fetchToken } from './token.ts';

export interface AuthorizerOptions {
  readonly http: HttpClient;
  readonly find: FindCredentials;
  readonly insecure: () => Promise<readonly string[]>;
  /** Told of tokens that may stand for a password. */
  readonly onRefreshToken?: ((token: string) => void) | undefined;
}

/** What is asked for, of whom. */
export interface Access {
  /** By which credentials are looked up; a mirror's own. */
  readonly host: string;
  readonly path: string;
  /** As token servers write them. */
  readonly scopes: readonly string[];
  /** Of the registry. */
  readonly origin: string;
  readonly signal?: AbortSignal | undefined;
}

/** Answers registries that ask who is there, and remembers the answers. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #known = new Map<string, Authorization>();
  readonly #asking = new Map<string, Promise<Authorization | undefined>>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The header that was accepted before, if it still holds. */
  known(access: Access): string | undefined {
    const header = this.#known.get(keyOf(access));
    return header !== undefined && header.until > Date.now() ? header.value : undefined;
  }

  /**
   * A header for a request that was refused with 401; `undefined`: there is nothing to say. Requests that are refused at once share it.
   * @param refused the header that was sent
   * @throws VarveError `REGISTRY_…`
   */
  async answer(refusal: IncomingMessage, access: Access, refused?: string): Promise<string | undefined> {
    const key = keyOf(access);
    const newer = this.known(access);
    if (newer !== undefined && newer !== refused) return newer; // somebody else was refused too, and faster
    const shared = await this.#asking.get(key)?.catch(() => undefined); // whoever asked may only have given up
    if (shared !== undefined) return shared.value;
    this.#known.delete(key);
    const asking = this.#ask(refusal, access);
    this.#asking.set(key, asking);
    try {
      const header = await asking;
      if (header !== undefined) this.#known.set(key, header);
      return header?.value;
    } finally {
      this.#asking.delete(key);
    }
  }

  /** Whether the answer is a question for credentials, or for better ones (RFC 6750, 3.1). */
  isChallenge({ statusCode, headersDistinct }: IncomingMessage): boolean {
    if (statusCode !== 403) return statusCode === 401;
    return parseChallenges(headersDistinct['www-authenticate'] ?? []).some(({ parameters }) => parameters.error === 'insufficient_scope');
  }

  async #ask(refusal: IncomingMessage, access: Access): Promise<Authorization | undefined> {
    const challenges = parseChallenges(refusal.headersDistinct['www-authenticate'] ?? []);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    return bearer === undefined ? await this.#basic(challenges, access) : await this.#token(bearer, access);
  }

  async #basic(challenges: readonly Challenge[], access: Access): Promise<Authorization | undefined> {
    if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined;
    const found = await this.#options.find(access.host, access.path);
    return found?.kind === 'password' ? { value: basic(found.username, found.password), until: Number.POSITIVE_INFINITY } : undefined;
  }

  /** What the registry says is missing is asked for together with what is needed anyway. */
  async #token({ parameters }: Challenge, access: Access): Promise<Authorization> {
    const realm = realmOf(parameters.realm ?? '', access, await this.#options.insecure());
    const scopes = mergeScopes(access.scopes, (parameters.scope ?? '').split(' ').filter(Boolean));
    const found = await this.#options.find(access.host, access.path);
    const what = access.path || access.host;
    const { http, onRefreshToken } = this.#options;
    const service = parameters.service ?? '';
    return await fetchToken(http, { realm, service, scopes, found, what, signal: access.signal, onRefreshToken });
  }
}

const keyOf = ({ origin, scopes }: Access): string => `${origin} ${mergeScopes(scopes).join(' ')}`;

/** Credentials go there: it must be as safe as the registry itself. @throws VarveError `REGISTRY_ANSWER` */
function realmOf(text: string, { origin }: Access, insecure: readonly string[]): URL {
  const realm = URL.canParse(text, origin) ? new URL(text, origin) : undefined;
  const isSafe = realm?.protocol === 'https:' || (realm?.protocol === 'http:' && isInsecure(realm.host, insecure));
  if (realm === undefined || !isSafe || (isLinkLocal(realm.host) && !isLinkLocal(new URL(origin).host)))
    throw new VarveError(
      'REGISTRY_ANSWER',
      `${new URL(origin).host} asks for a token from ${realm === undefined ? 'no address' : `${realm.protocol}//${realm.host}`}, which is not safe`,
    );
  realm.username = '';
  realm.password = '';
  return realm;
}
