import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import { type HttpClient, type HttpRequest, readBody } from '../http/http-client.ts';
import { registryFailure, unreachable } from '../http/registry-failure.ts';
import { isPassing, isPassingError, Passing, retryAfter } from '../http/retry.ts';
import type { Credentials } from './credentials.ts';

const TOKEN_LIMIT = 1 << 20;
/** Who asks, for logs of token servers. */
const CLIENT = 'varve';
/** Seconds that a token lives if nobody says (distribution, token authentication), and how long before its end it is renewed. */
const TOKEN_LIFE = 60;
const RENEW_EARLY = 10;

/** What goes into the header `authorization`. */
export interface Authorization {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface TokenQuery {
  readonly realm: URL;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly found: Credentials | undefined;
  /** In messages. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
  /** Asks for a token that may stand for the password from now on, and is given it where the server has such ones. */
  readonly onRefreshToken?: ((token: string) => void) | undefined;
}

export const basic = (username: string, password: string): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/**
 * distribution, "Token Authentication Specification" and "OAuth2 Token Authentication".
 * @throws VarveError `REGISTRY_…`; `Passing` where the same may go well next time
 */
export async function fetchToken(http: HttpClient, query: TokenQuery): Promise<Authorization> {
  const { realm, what } = query;
  try {
    const response = await ask(http, query);
    const status = response.statusCode ?? 0;
    if (status === 200) return authorizationOf(await readBody(response, TOKEN_LIMIT), realm.host, query);
    const failure = await registryFailure(response, { host: realm.host, what: `a token for ${what}` });
    throw isPassing(status) ? new Passing(failure, retryAfter(response.headers['retry-after'])) : failure;
  } catch (cause) {
    query.signal?.throwIfAborted();
    if (VarveError.is(cause) || cause instanceof Passing) throw cause;
    const failure = unreachable(realm.host, cause);
    throw isPassingError(cause) ? new Passing(failure) : failure;
  }
}

/** Some servers know only the older of the two ways. */
async function ask(http: HttpClient, query: TokenQuery): Promise<IncomingMessage> {
  if (query.found?.kind !== 'token') return await http.send(...asGet(query));
  const response = await http.send(query.realm, asPost(query, query.found.token));
  if (response.statusCode !== 404 && response.statusCode !== 405) return response;
  response.destroy();
  return await http.send(...asGet(query));
}

function asPost({ service, scopes, signal }: TokenQuery, token: string): HttpRequest {
  const scope = scopes.join(' ');
  const form = new URLSearchParams({ grant_type: 'refresh_token', service, scope, client_id: CLIENT, refresh_token: token });
  const body = Buffer.from(form.toString());
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
  return { method: 'POST', headers, body: () => body, isConfidential: true, signal };
}

function asGet({ realm, service, scopes, found, signal, onRefreshToken }: TokenQuery): [URL, HttpRequest] {
  const url = new URL(realm);
  if (service !== '') url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (found?.kind === 'password' && onRefreshToken !== undefined) {
    url.searchParams.set('account', found.username);
    url.searchParams.set('client_id', CLIENT);
    url.searchParams.set('offline_token', 'true');
  }
  const pair = found?.kind === 'token' ? (['<token>', found.token] as const) : found && ([found.username, found.password] as const);
  return [url, { method: 'GET', credentials: pair && { authorization: basic(...pair) }, signal }];
}

interface TokenAnswer {
  readonly token?: unknown;
  readonly access_token?: unknown;
  readonly refresh_token?: unknown;
  readonly expires_in?: unknown;
}

function authorizationOf(body: Buffer, host: string, { onRefreshToken }: TokenQuery): Authorization {
  let answer: TokenAnswer = {};
  try {
    answer = (JSON.parse(body.toString('utf8')) ?? {}) as TokenAnswer;
  } catch {
    // told below; the parser's message may quote a token
  }
  const token = answer.token || answer.access_token;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new VarveError('REGISTRY_ANSWER', `Expected a token from ${host}, found none in its answer`);
  if (typeof answer.refresh_token === 'string' && answer.refresh_token !== '') onRefreshToken?.(answer.refresh_token);
  const life = typeof answer.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : TOKEN_LIFE;
  return { value: `Bearer ${token}`, until: Date.now() + Math.max(1, life - RENEW_EARLY) * 1000 };
}
