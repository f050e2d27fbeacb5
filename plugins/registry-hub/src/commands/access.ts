import { existsSync } from 'node:fs';
import type { CommandOption, Invocation } from '@varve/core';
import { isOn, textOf, usageError } from '@varve/core/command';
import { familiarName, type ImageReference } from '@varve/core/image';
import { credentialFiles, type FindCredentials, fileCredentials } from '../auth/credentials.ts';
import { makeRequester, type RequesterParts } from '../client/make-requester.ts';
import { apiHost } from '../hosts/registry-host.ts';
import { type HubStores, HubTransport } from '../hub-transport.ts';
import type { RegistryOptions } from '../options.ts';
import { askHidden } from './prompt.ts';

/** Options of every command that talks to a registry. */
export const ACCESS_OPTIONS = {
  creds: { type: 'string', value: '<user>[:<password>]', description: 'Who asks; without the password you are asked for it' },
  authfile: { type: 'string', value: '<file>', description: 'Credentials are in this file, not in the usual ones' },
  'tls-verify': { type: 'boolean', description: '=false: any certificate will do, or plain HTTP' },
  insecure: { type: 'boolean', description: 'The same as --tls-verify=false' },
} as const satisfies Readonly<Record<string, CommandOption>>;

/** Options of those that move images. */
export const TRANSFER_OPTIONS = {
  quiet: { type: 'boolean', short: 'q', description: 'Print nothing but the name of the image' },
  ...ACCESS_OPTIONS,
} as const satisfies Readonly<Record<string, CommandOption>>;

/** With --all-tags a name stands for its repository. */
export function checkUntagged({ tag, digest, name }: ImageReference, verb: string): void {
  if (tag === undefined && digest === undefined) return;
  throw usageError("A tag can't be used with --all-tags/-a", `varve ${verb} -a ${familiarName(name)}`);
}

/** What a command line says about how registries are talked to. */
export interface Access {
  readonly options: RegistryOptions;
  readonly find: FindCredentials;
  /** It says something: the toolchain's own transport will not do. */
  readonly isSpecial: boolean;
}

/** What commands are given. */
export interface Hub {
  readonly options: RegistryOptions;
  readonly stores: () => HubStores;
}

export async function readAccess(
  { options }: Hub,
  host: string,
  invocation: Pick<Invocation, 'values' | 'stdin' | 'stderr' | 'signal'>,
): Promise<Access> {
  const { values } = invocation;
  const [creds, authfile] = [textOf(values, 'creds'), textOf(values, 'authfile')];
  const isInsecure = isOn(values, 'insecure') || values['tls-verify'] === false;
  if (authfile !== undefined && !existsSync(authfile)) throw usageError(`There is no credential file ${authfile}`);
  const credentials = authfile === undefined ? options.credentials : [authfile];
  const find = fileCredentials(credentials ?? credentialFiles());
  return {
    options: { ...options, credentials, ...(isInsecure && { insecure: [...options.insecure, host, apiHost(host)] }) },
    find: creds === undefined ? find : withCredentials(find, host, await pairOf(creds, invocation)),
    isSpecial: creds !== undefined || authfile !== undefined || isInsecure,
  };
}

interface Pair {
  readonly username: string;
  readonly password: string;
}
async function pairOf(creds: string, { stdin, stderr, signal }: Pick<Invocation, 'stdin' | 'stderr' | 'signal'>): Promise<Pair> {
  const colon = creds.indexOf(':');
  const username = colon === -1 ? creds : creds.slice(0, colon);
  if (username === '') throw usageError('--creds needs a user', '--creds <user>[:<password>]');
  return { username, password: colon === -1 ? await askHidden('Password: ', { stdin, stderr, signal }) : creds.slice(colon + 1) };
}

/** These for one host, for others what there was. */
export const withCredentials =
  (others: FindCredentials, host: string, pair: Pair): FindCredentials =>
  async (asked, path) =>
    asked === host ? { kind: 'password', ...pair, source: 'the command line' } : await others(asked, path);

export const openTransport = ({ stores }: Hub, { options, find }: Access): HubTransport => new HubTransport(stores(), options, find);

/** For requests of one command; disposed with it. */
export function openRequester(
  { options, find }: Access,
  asking: { readonly onRefreshToken?: (token: string) => void } = {},
): RequesterParts & AsyncDisposable {
  const parts = makeRequester(options, { find, ...asking });
  return { ...parts, [Symbol.asyncDispose]: () => parts.http[Symbol.asyncDispose]() };
}
