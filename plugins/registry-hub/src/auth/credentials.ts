import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { visibleText } from '../http/visible-text.ts';

/** Who asks. Never printed. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token (docker's "identity token"). */
  | { readonly kind: 'token'; readonly token: string };

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
    if (typeof value === 'object' && value !== null) return value;
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
  const helper = config.credHelpers?.[place.host] ?? config.credHelpers?.[server];
  if (typeof helper === 'string') return await askHelper(helper, server);
  const own = findAuth(config.auths ?? {}, place);
  if (own !== undefined) return own;
  return typeof config.credsStore === 'string' ? await askHelper(config.credsStore, server) : undefined;
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
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An empty entry says that a helper has the credentials. */
function decodeAuth(entry: unknown, file: string): Credentials | undefined {
  const { auth, identitytoken, username, password } = (entry ?? {}) as Record<string, unknown>;
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'token', token: identitytoken };
  if (typeof username === 'string' && typeof password === 'string' && username !== '') return { kind: 'password', username, password };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw new VarveError('REGISTRY_CREDENTIALS', `Expected user:password in base64 in ${file}`);
  return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** docker-credential-helpers: the server on stdin, JSON on stdout. */
async function askHelper(name: string, server: string): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(name)) throw new VarveError('REGISTRY_CREDENTIALS', `${JSON.stringify(name)} is no name of a credential helper`);
  const { code, stdout, stderr } = await runHelper(`docker-credential-${name}`, server);
  if (code !== 0 && /credentials not found/i.test(stdout + stderr)) return undefined;
  if (code !== 0)
    throw new VarveError('REGISTRY_CREDENTIALS', `docker-credential-${name} failed: ${visibleText(stderr || stdout) || code}`, {
      hint: 'Is it installed, and does it run here?',
    });
  try {
    const { Username, Secret } = JSON.parse(stdout) as Record<string, unknown>;
    if (typeof Secret !== 'string' || Secret === '') return undefined;
    return Username === '<token>' ? { kind: 'token', token: Secret } : { kind: 'password', username: String(Username), password: Secret };
  } catch {
    throw new VarveError('REGISTRY_CREDENTIALS', `docker-credential-${name} answered something that is no JSON`);
  }
}

interface Answer {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}
const runHelper = (program: string, input: string): Promise<Answer> =>
  new Promise((resolve) => {
    const child = execFile(program, ['get'], { timeout: 60_000, maxBuffer: 1 << 20 }, (failure, stdout, stderr) =>
      resolve({ code: failure === null ? 0 : (failure.code ?? 'killed'), stdout, stderr }),
    );
    child.stdin?.on('error', () => undefined).end(input); // one that does not read says why it ended
  });
