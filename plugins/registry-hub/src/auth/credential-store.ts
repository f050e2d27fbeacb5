import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, VarveError } from '@varve/core';
import { holdLock } from '../files/hold-lock.ts';
import { replaceFile } from '../files/replace-file.ts';
import { tellHelper } from './credential-helper.ts';

/** Who may enter, as it is to be remembered: where a token stands for the password, nobody keeps that. */
export type Login = { readonly username: string } & ({ readonly password: string } | { readonly identityToken: string });

/** Where a login went. */
export type Kept = { readonly kind: 'helper'; readonly program: string } | { readonly kind: 'file'; readonly file: string };

const HUB_KEY = 'https://index.docker.io/v1/';
/** Under which name docker and podman look for a registry in their files. */
export const serverKey = (host: string): string => (host === 'docker.io' ? HUB_KEY : host);

/**
 * Remembers a login: with the helper that the file names for the host or for all, else in the file itself, readable for its owner only.
 * Whatever else is in the file stays as it is.
 * @throws VarveError `REGISTRY_CREDENTIALS`
 */
export async function storeLogin(file: string, host: string, login: Login): Promise<Kept> {
  return await changeFile(file, async (config) => {
    const server = serverKey(host);
    const helper = helperOf(config, host);
    const auths = objectIn(config, 'auths');
    if (helper === undefined) {
      auths[server] = entryOf(login);
      return { kind: 'file', file };
    }
    const [Username, Secret] = 'password' in login ? [login.username, login.password] : ['<token>', login.identityToken];
    const program = await tellHelper(helper, 'store', { input: JSON.stringify({ ServerURL: server, Username, Secret }), secret: Secret });
    auths[server] = {}; // says that there is something, and that it is elsewhere
    return { kind: 'helper', program };
  });
}

/** As docker writes it. */
function entryOf(login: Login): object {
  const auth = (password: string) => Buffer.from(`${login.username}:${password}`).toString('base64');
  return 'password' in login ? { auth: auth(login.password) } : { auth: auth(''), identitytoken: login.identityToken };
}

/** Forgets a login. `false`: there was none. @throws VarveError `REGISTRY_CREDENTIALS` */
export async function eraseLogin(file: string, host: string): Promise<boolean> {
  if ((await stat(file).catch(() => undefined)) === undefined) return false;
  return await changeFile(file, async (config) => {
    const auths = isObject(config.auths) ? config.auths : {};
    const keys = Object.keys(auths).filter((key) =>
      namesOf(host).includes(key.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '')),
    );
    const helper = helperOf(config, host);
    const had = helper === undefined ? false : await eraseWith(helper, serverKey(host));
    for (const key of keys) delete auths[key];
    return had || keys.length > 0;
  });
}

const namesOf = (host: string): readonly string[] =>
  host === 'docker.io' ? ['docker.io', 'index.docker.io', 'registry-1.docker.io'] : [host];

/** Helpers differ in what they say of what they do not have. */
const eraseWith = (helper: string, server: string): Promise<boolean> =>
  tellHelper(helper, 'erase', { input: server }).then(
    () => true,
    (failure: unknown) => {
      if (/not found/i.test(messageOf(failure))) return false;
      throw failure;
    },
  );

function helperOf(config: Config, host: string): string | undefined {
  const own = isObject(config.credHelpers) ? (config.credHelpers[host] ?? config.credHelpers[serverKey(host)]) : undefined;
  const helper = own ?? config.credsStore;
  return typeof helper === 'string' && helper !== '' ? helper : undefined;
}

type Config = Record<string, unknown>;
const isObject = (value: unknown): value is Config => typeof value === 'object' && value !== null && !Array.isArray(value);

function objectIn(config: Config, name: string): Config {
  const known = config[name];
  if (isObject(known)) return known;
  const made: Config = {};
  config[name] = made;
  return made;
}

/** Reads, changes and replaces a file as one step, also beside other logins of ours. A link stays a link. */
async function changeFile<T>(named: string, change: (config: Config) => Promise<T>): Promise<T> {
  const file = await realpath(named).catch(() => named);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await using _ = await holdLock(`${file}.lock`, (why, cause) => broken(`${file}.lock`, why, cause));
  const before = await readFile(file, 'utf8').catch((failure: NodeJS.ErrnoException) => {
    if (failure.code === 'ENOENT') return '';
    throw broken(file, failure.code ?? 'it cannot be read', failure);
  });
  const config = parse(before, file);
  const result = await change(config);
  const after = `${JSON.stringify(config, null, '\t')}\n`;
  if (after !== before) await replaceFile(file, after, (why, cause) => broken(file, why, cause));
  return result;
}

/** Numbers keep the digits that they were written with. */
function parse(text: string, file: string): Config {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text, asWritten);
    if (isObject(value)) return value;
  } catch {
    // the parser's message quotes the text, in which there are passwords
  }
  throw broken(file, 'expected a JSON object');
}
type RawJson = { rawJSON(text: string): unknown };
const asWritten = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined ? (JSON as unknown as RawJson).rawJSON(context.source) : value; // newer than the types

const broken = (file: string, why: string, cause?: unknown): VarveError =>
  new VarveError('REGISTRY_CREDENTIALS', `${file}: ${why}`, { cause });
