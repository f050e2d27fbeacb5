import type { Readable } from 'node:stream';
import { type Command, type Invocation, VarveError } from '@varve/core';
import { isOn, textOf, usageError, visible } from '@varve/core/command';
import { type Kept, storeLogin } from '../auth/credential-store.ts';
import type { Credentials, FindCredentials } from '../auth/credentials.ts';
import { discard } from '../http/http-client.ts';
import { ACCESS_OPTIONS, type Access, type Hub, openRequester, readAccess, withCredentials } from './access.ts';
import { loginFile, serverOf } from './login-place.ts';
import { ask, askHidden } from './prompt.ts';

const { creds: _, ...ACCESS } = ACCESS_OPTIONS;

/** `varve login`: tries who you are on a registry, and remembers it. */
export const loginCommand = (hub: Hub): Command => ({
  name: 'login',
  summary: 'Log in to a registry',
  usage: '[<registry>]',
  options: {
    username: { type: 'string', short: 'u', value: '<user>', description: 'Who you are' },
    password: { type: 'string', short: 'p', value: '<password>', description: 'Your password or token; others on this host can see it' },
    'password-stdin': { type: 'boolean', description: 'Take the password from stdin' },
    ...ACCESS,
  },
  async run(invocation) {
    const { values, positionals, stdout, stderr } = invocation;
    if (positionals.length > 1) throw usageError(`Expected one registry, found ${positionals.length}`, 'varve login [<registry>]');
    const host = serverOf(positionals[0]);
    const file = loginFile(hub.options, textOf(values, 'authfile'));
    const access = await readAccess(hub, host, { ...invocation, values: { ...values, authfile: undefined } });
    const known = isOn(values, 'password-stdin') || textOf(values, 'username') !== undefined ? undefined : await access.find(host, '');
    if (known !== undefined) {
      stdout.write('Authenticating with existing credentials...\n');
      if (await isWelcome(access, host, { find: async () => known, invocation })) return succeeded(stdout);
      stderr.write('Login did not succeed, error: unauthorized: incorrect username or password\n');
    }
    const login = await readLogin(host, invocation, known?.kind === 'password' ? visible(known.username) : undefined);
    const find = withCredentials(access.find, host, login);
    let identityToken: string | undefined;
    const onRefreshToken = (token: string): void => {
      identityToken = token;
    };
    if (!(await isWelcome(access, host, { find, invocation, onRefreshToken })))
      throw new VarveError('REGISTRY_DENIED', `Login to ${host} failed: unauthorized: incorrect username or password`);
    const kept = await storeLogin(file, host, identityToken === undefined ? login : { username: login.username, identityToken });
    for (const line of warningsOf(kept)) stderr.write(`${line}\n`);
    const found = await access.find(host, '');
    const isOther = found !== undefined && !isSame(found, login, identityToken);
    if (isOther && textOf(values, 'authfile') === undefined)
      stderr.write(`WARNING! Other credentials for ${host} are looked at first, in ${found.source}.\n`);
    return succeeded(stdout);
  },
});

const isSame = (found: Credentials, { username, password }: Pair, identityToken: string | undefined): boolean =>
  found.kind === 'token' ? found.token === identityToken : found.username === username && found.password === password;

function succeeded(stdout: Invocation['stdout']): number {
  stdout.write('Login Succeeded\n');
  return 0;
}

const warningsOf = (kept: Kept): readonly string[] =>
  kept.kind === 'helper'
    ? []
    : [
        '',
        `WARNING! Your credentials are stored unencrypted in '${kept.file}'.`,
        'Configure a credential helper to remove this warning. See',
        'https://docs.docker.com/go/credential-store/',
        '',
      ];

interface Trial {
  readonly find: FindCredentials;
  readonly invocation: Invocation;
  readonly onRefreshToken?: (token: string) => void;
}

/** Whether a registry lets somebody in. One that asks nobody who is there does. @throws VarveError `REGISTRY_…` for everything but a refusal */
async function isWelcome(access: Access, host: string, { find, invocation, ...asking }: Trial): Promise<boolean> {
  await using opened = openRequester({ ...access, find }, asking);
  const request = { method: 'GET', to: '', actions: '', what: 'a login', signal: invocation.signal } as const;
  try {
    discard(await opened.requester.send({ host, path: '' }, request));
    return true;
  } catch (failure) {
    if (VarveError.is(failure) && failure.code === 'REGISTRY_DENIED') return false;
    throw failure;
  }
}

interface Pair {
  readonly username: string;
  readonly password: string;
}

/** @param before who it was the last time: Enter alone means the same */
async function readLogin(host: string, { values, stdin, stdout, stderr, signal }: Invocation, before?: string): Promise<Pair> {
  const [given, user] = [textOf(values, 'password'), textOf(values, 'username')];
  const fromStdin = isOn(values, 'password-stdin');
  if (given !== undefined && fromStdin) throw usageError('--password and --password-stdin are mutually exclusive');
  if (fromStdin && user === undefined) throw usageError('Must provide --username with --password-stdin');
  if (given !== undefined) stderr.write('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
  const terminal = { stdin, stderr, signal };
  if (user === undefined) stdout.write(`Log in to ${host}\n`);
  const username = user ?? ((await ask(before === undefined ? 'Username: ' : `Username (${before}): `, terminal)) || (before ?? ''));
  if (username === '') throw usageError('Username cannot be empty');
  const password = given ?? (fromStdin ? await readSecret(stdin) : await askHidden('Password: ', terminal));
  if (password === '') throw usageError('Password required');
  return { username, password };
}

const SECRET_LIMIT = 1 << 20;

/** All of it but the end of the last line. */
async function readSecret(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > SECRET_LIMIT) throw usageError('The password on stdin does not end');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
