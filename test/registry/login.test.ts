import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { sampleImage } from './images.ts';
import { HTPASSWD, RegistrySite, USER } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test, { htpasswd: HTPASSWD });
const { username, password } = USER;
const AUTH = Buffer.from(`${username}:${password}`).toString('base64');

/** A client whose docker configuration is its own; `config` is what is in it. */
function clientWith(t: ExecutionContext, config?: string) {
  const client = new Client({ retries: 0 });
  t.teardown(() => client[Symbol.dispose]());
  const file = join(client.folder, 'docker/config.json');
  mkdirSync(dirname(file));
  if (config !== undefined) writeFileSync(file, config);
  process.env.DOCKER_CONFIG = dirname(file);
  return { client, file, read: () => JSON.parse(readFileSync(file, 'utf8')) };
}

/** A credential helper on the path that keeps what it is told in a file, and says on its arguments and errors only what it may. */
function helper(t: ExecutionContext, dir: string, script: string): string {
  writeFileSync(join(dir, 'docker-credential-mine'), `#!/bin/sh\necho "$0 $*" >> ${dir}/argv\n${script}`, { mode: 0o755 });
  const path = process.env.PATH;
  process.env.PATH = `${dir}:${path}`;
  t.teardown(() => {
    process.env.PATH = path;
  });
  return join(dir, 'kept');
}
const KEEPING = `d=$(dirname "$0")
case "$1" in
  store) cat > "$d/kept" ;;
  get) test -e "$d/kept" && cat "$d/kept" || { echo 'credentials not found in native keychain'; exit 1; } ;;
  erase) test -e "$d/kept" && rm "$d/kept" || { echo 'credentials not found in native keychain'; exit 1; } ;;
esac
`;

claim('login tries the credentials, keeps them for their owner only and warns; push and pull use them; logout forgets them', async (t) => {
  const { client, file, read } = clientWith(t);
  const { host } = site.registry;
  const login = await client.varve(['login', '-u', username, '--password-stdin', host], { input: `${password}\n` });
  t.deepEqual([login.code, login.stdout], [0, 'Login Succeeded\n']);
  t.regex(login.stderr, /WARNING! Your credentials are stored unencrypted in '.*config\.json'/);
  t.deepEqual(read(), { auths: { [host]: { auth: AUTH } } });
  t.is(statSync(file).mode & 0o777, 0o600);

  const name = `${host}/acme/private:1`;
  await client.store(sampleImage(), name);
  await client.must(['push', name]);
  await client.must(['pull', name]);
  t.is(await client.must(['login', host]), 'Authenticating with existing credentials...\nLogin Succeeded\n');

  t.is(await client.must(['logout', host]), `Removing login credentials for ${host}\n`);
  t.deepEqual(read(), { auths: {} });
  t.is(await client.must(['logout', host]), `Not logged in to ${host}\n`);
  const denied = await client.varve(['pull', name]);
  t.is(denied.code, 1);
  t.regex(denied.stderr, /\[REGISTRY_DENIED/);
});

claim('a wrong password is refused, and nothing is kept', async (t) => {
  const { client, file } = clientWith(t);
  const { code, stdout, stderr } = await client.varve(['--debug', 'login', '-u', username, '--password-stdin', site.registry.host], {
    input: 'wrong-secret',
  });
  t.deepEqual([code, stdout], [1, '']);
  t.regex(stderr, /unauthorized: incorrect username or password[\s\S]*\[REGISTRY_DENIED/);
  t.false(stderr.includes('wrong-secret'));
  t.false(existsSync(file));
});

claim('--password works, and says what is wrong with it', async (t) => {
  const { client } = clientWith(t);
  const { code, stderr } = await client.varve(['login', '-u', username, '-p', password, site.registry.host]);
  t.is(code, 0);
  t.regex(stderr, /^WARNING! Using --password via the CLI is insecure\. Use --password-stdin\.\n/);
});

const misused = (args: readonly string[], says: RegExp) =>
  claim(`login ${args.join(' ')} is refused as misuse`, async (t) => {
    const { client } = clientWith(t);
    const { code, stderr } = await client.varve(['login', ...args], { input: '' });
    t.is(code, 2);
    t.regex(stderr, says);
  });
misused(['--password-stdin', 'a.test'], /Must provide --username with --password-stdin/);
misused(['-u', 'a', '-p', 'b', '--password-stdin', 'a.test'], /mutually exclusive/);
misused(['-u', 'a', '--password-stdin', 'a.test'], /Password required/);
misused(['-u', 'a', '-p', 'b', 'a.test/x'], /"a\.test\/x" is no registry/);

claim('whatever else is in the file stays as it was written', async (t) => {
  const members =
    '"auths":{"other.test":{"auth":"eDp5","email":null}},"number":12345678901234567890.10,"HttpHeaders":{"X":"ü\\u0000"},"plugins":{"a":[1e3]}';
  const { client, file } = clientWith(t, `{${members}}`);
  await client.must(['login', '-u', username, '--password-stdin', site.registry.host], { input: password });
  const text = readFileSync(file, 'utf8');
  t.regex(text, /"number": 12345678901234567890\.10/);
  t.regex(text, /1e3/);
  const { auths, ...rest } = JSON.parse(text);
  const before = JSON.parse(`{${members}}`);
  t.deepEqual({ auths: auths['other.test'], ...rest }, { ...before, auths: before.auths['other.test'] });
  t.deepEqual(Object.keys(JSON.parse(text)), Object.keys(before));
});

claim('a link to the file stays a link', async (t) => {
  const { client, file } = clientWith(t);
  const target = join(client.folder, 'elsewhere.json');
  writeFileSync(target, '{}');
  symlinkSync(target, file);
  await client.must(['login', '-u', username, '--password-stdin', site.registry.host], { input: password });
  t.true(lstatSync(file).isSymbolicLink());
  t.true(readFileSync(target, 'utf8').includes(AUTH));
});

claim('a broken file is not replaced', async (t) => {
  const { client, file } = clientWith(t, '{"auths": hunter2');
  const { code, stderr } = await client.varve(['login', '-u', username, '--password-stdin', site.registry.host], { input: password });
  t.is(code, 1);
  t.regex(stderr, /\[REGISTRY_CREDENTIALS/);
  t.false(stderr.includes('hunter2'));
  t.is(readFileSync(file, 'utf8'), '{"auths": hunter2');
});

claim('a login that was killed keeps nobody out', async (t) => {
  using client = new Client();
  const ended = spawnSync('true');
  const file = client.write('config.json', '{}');
  client.write('config.json.lock', `${hostname()} ${ended.pid}`);
  await client.must(['login', '--authfile', file, '-u', USER.username, '--password-stdin', site.registry.host], { input: USER.password });
  t.false(existsSync(`${file}.lock`));
});

claim('logins at once: none is lost', async (t) => {
  const { client, read } = clientWith(t);
  const port = site.registry.host.split(':')[1];
  const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3', 'localhost'].map((name) => `${name}:${port}`);
  const reachable = hosts.filter((host) => /127\.0\.0\.1|localhost/.test(host));
  await Promise.all(reachable.map((host) => client.must(['login', '-u', username, '--password-stdin', host], { input: password })));
  t.deepEqual(Object.keys(read().auths).sort(), [...reachable].sort());
});

for (const [what, config] of [
  ['credsStore', { credsStore: 'mine' }],
  ['credHelpers', { credHelpers: { HOST: 'mine' } }],
] as const)
  claim(`the helper of ${what} keeps the password, and the file does not`, async (t) => {
    const { host } = site.registry;
    const { client, file } = clientWith(t, JSON.stringify(config).replace('HOST', host));
    const kept = helper(t, client.folder, KEEPING);
    const login = await client.varve(['login', '-u', username, '--password-stdin', host], { input: password });
    t.deepEqual([login.code, login.stdout, login.stderr], [0, 'Login Succeeded\n', '']);
    t.deepEqual(JSON.parse(readFileSync(kept, 'utf8')), { ServerURL: host, Username: username, Secret: password });
    const text = readFileSync(file, 'utf8') + readFileSync(join(client.folder, 'argv'), 'utf8');
    t.false([password, AUTH].some((secret) => text.includes(secret)));
    await client.store(sampleImage(), `${host}/acme/helped:1`);
    await client.must(['push', `${host}/acme/helped:1`]);
    t.is(await client.must(['logout', host]), `Removing login credentials for ${host}\n`);
    t.false(existsSync(kept));
  });

claim('a helper that fails says so, without the password', async (t) => {
  const { client } = clientWith(t, JSON.stringify({ credsStore: 'mine' }));
  helper(t, client.folder, 'case "$1" in get) echo "credentials not found"; exit 1;; esac; cat >&2; exit 1\n');
  const { code, stderr } = await client.varve(['--debug', 'login', '-u', username, '--password-stdin', site.registry.host], {
    input: password,
  });
  t.is(code, 1);
  t.regex(stderr, /docker-credential-mine store failed[\s\S]*\[REGISTRY_CREDENTIALS/);
  t.false(stderr.includes(password));
});

claim('--authfile and REGISTRY_AUTH_FILE say where, and --creds who, for once', async (t) => {
  const { client, file } = clientWith(t);
  const { host } = site.registry;
  const own = join(client.folder, 'own.json');
  await client.must(['login', '--authfile', own, '-u', username, '--password-stdin', host], { input: password });
  t.deepEqual(JSON.parse(readFileSync(own, 'utf8')), { auths: { [host]: { auth: AUTH } } });
  t.false(existsSync(file));
  const name = `${host}/acme/authfile:1`;
  await client.store(sampleImage(), name);
  await client.must(['push', '--authfile', own, name]);
  await client.must(['pull', '--creds', `${username}:${password}`, name]);
  t.is((await client.varve(['pull', name])).code, 1);
  process.env.REGISTRY_AUTH_FILE = own;
  t.teardown(() => delete process.env.REGISTRY_AUTH_FILE);
  await client.must(['pull', name]);
  t.is(await client.must(['logout', host]), `Removing login credentials for ${host}\n`);
  t.deepEqual(JSON.parse(readFileSync(own, 'utf8')), { auths: {} });
});

claim('credentials that are looked at first are told', async (t) => {
  const { client } = clientWith(t);
  const { host } = site.registry;
  const first = join(client.folder, 'runtime/containers/auth.json');
  mkdirSync(dirname(first), { recursive: true });
  writeFileSync(first, JSON.stringify({ auths: { [host]: { auth: Buffer.from('other:one').toString('base64') } } }));
  process.env.XDG_RUNTIME_DIR = join(client.folder, 'runtime');
  t.teardown(() => delete process.env.XDG_RUNTIME_DIR);
  const { stderr } = await client.varve(['login', '-u', username, '--password-stdin', host], { input: password });
  t.regex(stderr, new RegExp(`WARNING! Other credentials for ${host} are looked at first, in ${first}`));
});
