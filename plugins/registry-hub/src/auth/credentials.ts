import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { VarveError } from '@varve/core';
import { askHelper } from './credential-helper.ts';

/** Who asks. Never printed. */
export type Credentials = {
  /** Where they were found: a file or a helper. May be shown. */
  readonly source?: string | undefined;
  /** Which member of which file says so. May be shown. */
  readonly member?: string | undefined;
  readonly file?: string | undefined;
} & (
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token (docker's "identity token"). */
  | { readonly kind: 'token'; readonly token: string }
);

/** Looks credentials up for a repository. */
export type FindCredentials = (host: string, path: string) => Promise<Credentials | undefined>;

const HUB_KEY = 'https://index.docker.io/v1/';

/** The files in which docker, podman and skopeo keep credentials, in the order in which they are asked. */
export function credentialFiles(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const home = env.HOME ?? homedir();
  return [
    env.REGISTRY_AUTH_FILE,
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'containers/auth.json'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers/auth.json'),
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
    join(home, '.dockercfg'),
  ].filter((file): file is string => file !== undefined && file !== '');
}

/** Credentials from such files: the helper for the host, then what the file holds itself, the longest path first, then the default helper. */
export function fileCredentials(files: readonly string[] = credentialFiles()): FindCredentials {
  return async (host, path) => {
    for (const file of files) {
      const config = await readConfig(file);
      const found = config && (await findIn(config, { host, path, file }));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

interface AuthConfig {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
  readonly credsStore?: unknown;
}

async function readConfig(file: string): Promise<AuthConfig | undefined> {
  const text = await readFile(file, 'utf8').catch((failure: NodeJS.ErrnoException) => {
    if (failure.code === 'ENOENT' || failure.code === 'ENOTDIR') return undefined;
    throw new VarveError('REGISTRY_CREDENTIALS', `Cannot read ${file}: ${failure.code}`, { cause: failure });
  });
  if (text === undefined || text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null)
      return basename(file) === '.dockercfg' ? { auths: value as Record<string, unknown> } : value;
  } catch {
    // the parser's message quotes the text, in which there are passwords
  }
  throw new VarveError('REGISTRY_CREDENTIALS', `Expected a JSON object in ${file}`);
}

interface Place {
  readonly host: string;
  readonly path: string;
  readonly file: string;
}

async function findIn(config: AuthConfig, place: Place): Promise<Credentials | undefined> {
  const server = place.host === 'docker.io' ? HUB_KEY : place.host;
  const key = config.credHelpers?.[place.host] === undefined ? server : place.host;
  const helper = config.credHelpers?.[key];
  const helped = typeof helper === 'string' ? await askHelper(helper, server) : undefined;
  if (helped !== undefined) return { ...helped, file: place.file, member: `credHelpers[${JSON.stringify(key)}]` };
  const own = findAuth(config.auths ?? {}, place);
  if (own !== undefined) return own;
  const stored = typeof config.credsStore === 'string' ? await askHelper(config.credsStore, server) : undefined;
  return stored && { ...stored, file: place.file, member: 'credsStore' };
}

function findAuth(auths: Readonly<Record<string, unknown>>, { host, path, file }: Place): Credentials | undefined {
  const parts = path.split('/');
  const exact = parts.map((_, i) => [host, ...parts.slice(0, parts.length - i)].join('/'));
  const hosts = host === 'docker.io' ? [HUB_KEY, 'docker.io', 'index.docker.io', 'registry-1.docker.io'] : [host];
  const byHost = Object.keys(auths).filter(
    (key) => hosts.includes(key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')) && /^https?:/.test(key),
  );
  for (const key of [...exact, ...hosts, ...byHost]) {
    const found = auths[key] === undefined ? undefined : decodeAuth(auths[key], file);
    if (found !== undefined) return { ...found, file, member: `auths[${JSON.stringify(key)}]` };
  }
  return undefined;
}

/** An empty entry says that a helper has the credentials. */
function decodeAuth(entry: unknown, file: string): Credentials | undefined {
  const { auth, identitytoken, username, password } = (entry ?? {}) as Record<string, unknown>;
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'token', token: identitytoken, source: file };
  if (typeof username === 'string' && typeof password === 'string' && username !== '')
    return { kind: 'password', username, password, source: file };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw new VarveError('REGISTRY_CREDENTIALS', `Expected user:password in base64 in ${file}`);
  return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1), source: file };
}
