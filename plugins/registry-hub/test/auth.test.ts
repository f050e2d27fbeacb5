import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { parseChallenges } from '../src/auth/challenge.ts';
import { credentialFiles, fileCredentials } from '../src/auth/credentials.ts';
import { mergeScopes } from '../src/auth/scopes.ts';
import { fetchToken } from '../src/auth/token.ts';
import { TlsTrust } from '../src/hosts/tls-trust.ts';
import { Agents } from '../src/http/agents.ts';
import { HttpClient } from '../src/http/http-client.ts';
import { isRegistryMissing, startRegistry, USER } from './docker-registry.ts';
import { openHub, PLATFORM, sampleImage } from './hub-bench.ts';
import { type Interfere, startLoopback } from './loopback-registry.ts';

const SECRET = 'se:cret';
const AUTH = Buffer.from(`ali:${SECRET}`).toString('base64');

/** A file like docker's config.json. */
function configFile(t: ExecutionContext, config: unknown): string {
  const file = join(temporaryDir(t), 'config.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

const challenged = test.macro({
  exec(t, headers: readonly string[], expected: unknown) {
    t.deepEqual(parseChallenges(headers) as unknown, expected);
  },
  title: (_, headers: readonly string[]) => `challenge ${headers.join(' + ')}`,
});
test(
  challenged,
  ['Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"'],
  [{ scheme: 'bearer', parameters: { realm: 'https://a/t', service: 's', scope: 'repository:a/b:pull,push' } }],
);
test(
  challenged,
  ['Basic realm="a \\"b\\""', 'Bearer realm=x'],
  [
    { scheme: 'basic', parameters: { realm: 'a "b"' } },
    { scheme: 'bearer', parameters: { realm: 'x' } },
  ],
);
test(
  challenged,
  ['Basic realm="x", Bearer realm="y" , service="z"'],
  [
    { scheme: 'basic', parameters: { realm: 'x' } },
    { scheme: 'bearer', parameters: { realm: 'y', service: 'z' } },
  ],
);
test(
  challenged,
  ['Negotiate, Basic realm=x'],
  [
    { scheme: 'negotiate', parameters: {} },
    { scheme: 'basic', parameters: { realm: 'x' } },
  ],
);
test(challenged, ['"'], []);

/** A registry that wants a token from its own `/token`, and gives one to ali only. */
const tokens = (life = 300): Interfere => {
  let given = 0;
  return ({ url, headers }, response, seen) => {
    if (url?.startsWith('/token')) {
      if (headers.authorization !== `Basic ${AUTH}`) return Boolean(response.writeHead(401).end());
      given++;
      return Boolean(response.writeHead(200).end(JSON.stringify({ token: `t${given}`, expires_in: life })));
    }
    if (headers.authorization === `Bearer t${given}` && !(url?.includes('/manifests/') && seen === 3)) return false;
    const challenge = `Bearer realm="http://${headers.host}/token",service="x, y",scope="repository:acme/app:pull"`;
    return Boolean(response.writeHead(401, { 'www-authenticate': challenge }).end());
  };
};

test('a token is fetched once with the credentials, and then used', async (t) => {
  const registry = await startLoopback(t, tokens());
  await registry.add('acme/app/1.0', sampleImage());
  const file = configFile(t, { auths: { [registry.host]: { auth: AUTH } } });
  const { transport } = openHub(t, temporaryDir(t), { credentials: [file], retries: 0 });
  const image = await transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
  for (const layer of image.layers) await layer.index();
  t.deepEqual(
    registry.requests.filter(({ line }) => line.includes('token')).map(({ line }) => line),
    ['GET /token?service=x%2C+y&scope=repository%3Aacme%2Fapp%3Apull'],
  );
});

test('a token that is refused later is fetched anew', async (t) => {
  const registry = await startLoopback(t, tokens());
  await registry.add('acme/app/1.0', sampleImage());
  const { transport } = openHub(t, temporaryDir(t), {
    credentials: [configFile(t, { auths: { [registry.host]: { auth: AUTH } } })],
    retries: 0,
  });
  const pull = () => transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
  await pull();
  t.is(await (await pull()).id(), await sampleImage().id());
  t.is(registry.requests.filter(({ line }) => line.includes('token')).length, 2);
});

const denied = test.macro({
  async exec(t, config: (host: string) => unknown) {
    const registry = await startLoopback(t, tokens());
    await registry.add('acme/app/1.0', sampleImage());
    const { transport } = openHub(t, temporaryDir(t), { credentials: [configFile(t, config(registry.host))], retries: 0 });
    const failure = await t.throwsAsync<Error & { hint: string }>(
      transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM }),
      { code: 'REGISTRY_DENIED' },
    );
    t.notRegex(`${failure?.message}${failure?.stack}${failure?.hint}`, /wrong|d3Jvbmc/);
  },
  title: (name) => `${name}: REGISTRY_DENIED, and no message has the password`,
});
test('no credentials', denied, () => ({}));
test('wrong credentials', denied, (host) => ({ auths: { [host]: { auth: Buffer.from('ali:wrong').toString('base64') } } }));

test('credentials do not follow a redirect to another host or port', async (t) => {
  const storage = await startLoopback(t);
  await storage.add('acme/app/1.0', sampleImage());
  const registry = await startLoopback(t, ({ url, headers }, response) => {
    if (url === '/v2/') return false;
    if (headers.authorization === undefined) return Boolean(response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
    return Boolean(response.writeHead(307, { location: `http://${storage.host}${url}` }).end());
  });
  const { transport } = openHub(t, temporaryDir(t), { credentials: [configFile(t, { auths: { [registry.host]: { auth: AUTH } } })] });
  const image = await transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
  t.is(await image.id(), await sampleImage().id());
  t.deepEqual([...new Set(storage.requests.map(({ authorization }) => authorization))], [undefined]);
});

test('a token server that is not safe gets no credentials', async (t) => {
  const registry = await startLoopback(
    t,
    ({ url }, response) =>
      url !== '/v2/' && Boolean(response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://tokens.example/t"' }).end()),
  );
  const { transport } = openHub(t, temporaryDir(t), { credentials: [configFile(t, { auths: { [registry.host]: { auth: AUTH } } })] });
  await t.throwsAsync(transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM }), {
    code: 'REGISTRY_ANSWER',
    message: /not safe/,
  });
});

test('where more is asked for than was allowed, a wider token is fetched', async (t) => {
  const asked: string[] = [];
  const registry = await startLoopback(t, ({ url, headers }, response) => {
    if (url === '/v2/') return false;
    if (url?.startsWith('/token')) {
      const scopes = new URL(url, 'http://x').searchParams.getAll('scope');
      asked.push(scopes.join(' '));
      return Boolean(response.writeHead(200).end(JSON.stringify({ access_token: scopes.length > 1 ? 'wide' : 'narrow' })));
    }
    if (headers.authorization === 'Bearer wide') return false;
    const isNarrow = headers.authorization === 'Bearer narrow';
    const more = isNarrow ? ',scope="repository:acme/app:pull repository:acme/base:pull",error="insufficient_scope"' : '';
    const challenge = `Bearer realm="http://${headers.host}/token"${more}`;
    return Boolean(response.writeHead(isNarrow ? 403 : 401, { 'www-authenticate': challenge }).end());
  });
  await registry.add('acme/app/1.0', sampleImage());
  const { transport } = openHub(t, temporaryDir(t), { retries: 0 });
  const pull = () => transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
  t.is(await (await pull()).id(), await sampleImage().id());
  t.deepEqual([...new Set(asked)], ['repository:acme/app:pull', 'repository:acme/app:pull repository:acme/base:pull']);
});

const scoped = test.macro({
  exec(t, lists: readonly (readonly string[])[], expected: readonly string[]) {
    t.deepEqual(mergeScopes(...lists), [...expected]);
  },
  title: (_, lists: readonly (readonly string[])[]) => `scopes ${lists.map((list) => list.join(' ')).join(' and ')} together`,
});
test(scoped, [['repository:a/b:pull'], ['repository:a/b:push,pull']], ['repository:a/b:pull,push']);
test(scoped, [['repository:a:pull', 'repository:b:pull'], []], ['repository:a:pull', 'repository:b:pull']);
test(scoped, [['registry:catalog:*']], ['registry:catalog:*']);

test('the oldest of docker’s files is read too', async (t) => {
  const file = join(temporaryDir(t), '.dockercfg');
  writeFileSync(file, JSON.stringify({ 'https://a.test/v1/': { auth: Buffer.from('u:p').toString('base64'), email: 'x' } }));
  t.like(await fileCredentials([file])('a.test', 'x'), { kind: 'password', username: 'u', password: 'p', source: file });
});

if (isRegistryMissing()) test.skip('a private docker-registry (skipped: it is not installed)', (t) => t.pass());
else
  test('a private docker-registry takes and gives with the credentials of config.json', async (t) => {
    await using registry = await startRegistry(temporaryDir(t), { isPrivate: true });
    const reference = parseReference(`${registry.host}/acme/app:1.0`);
    const auth = Buffer.from(`${USER.username}:${USER.password}`).toString('base64');
    const { transport } = openHub(t, temporaryDir(t), { credentials: [configFile(t, { auths: { [registry.host]: { auth } } })] });
    await transport.push(sampleImage(), reference, {});
    t.is(await (await transport.resolve(reference, { platform: PLATFORM })).id(), await sampleImage().id());
    const stranger = openHub(t, temporaryDir(t)).transport;
    await t.throwsAsync(stranger.resolve(reference, { platform: PLATFORM }), { code: 'REGISTRY_DENIED' });
    await t.throwsAsync(stranger.push(sampleImage(), reference, {}), { code: 'REGISTRY_DENIED' });
  });

const basic = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
const password = (username: string, secret: string) => ({ kind: 'password', username, password: secret });
const looksUp = test.macro({
  async exec(t, config: unknown, host: string, path: string, expected: unknown) {
    const { source: _, file: __, member: ___, ...found } = (await fileCredentials([configFile(t, config)])(host, path)) ?? {};
    t.deepEqual(found as unknown, expected ?? {});
  },
  title: (_, config, host, path) => `credentials of ${host}/${path} in ${JSON.stringify(config)}`,
});
test(looksUp, { auths: { 'a.test': basic('u:p:q') } }, 'a.test', 'x/y', password('u', 'p:q'));
test(looksUp, { auths: { 'a.test': basic('u:p'), 'a.test/x': basic('v:p') } }, 'a.test', 'x/y', password('v', 'p'));
test(looksUp, { auths: { 'https://a.test/v1/': basic('u:p') } }, 'a.test', 'x', password('u', 'p'));
test(looksUp, { auths: { 'https://index.docker.io/v1/': basic('u:p') } }, 'docker.io', 'library/x', password('u', 'p'));
test(looksUp, { auths: { 'a.test': { identitytoken: 'tok', auth: AUTH } } }, 'a.test', 'x', { kind: 'token', token: 'tok' });
test(looksUp, { auths: { 'a.test': {} } }, 'a.test', 'x', undefined);
test(looksUp, { auths: { 'a.test': basic('u:p') } }, 'b.test', 'x', undefined);
test(looksUp, { auths: { 'a.test:5000': basic('u:p') } }, 'a.test', 'x', undefined);

const broken = test.macro({
  async exec(t, text: string) {
    const failure = await t.throwsAsync<Error>(fileCredentials([configFile(t, text)])('a.test', 'x'), { code: 'REGISTRY_CREDENTIALS' });
    t.false(failure?.message.includes('hunter2'));
  },
  title: (_, text) => `a credential file ${JSON.stringify(text)} is refused without quoting it`,
});
test(broken, '{"auths": hunter2');
test(broken, '"hunter2"');
test(broken, '{"auths":{"a.test":{"auth":"aHVudGVyMg=="}}}');
test(broken, '{"credHelpers":{"a.test":"../../hunter/../x"}}');

/** A credential helper on the path, as a shell script. */
test.serial('a credential helper is asked, its refusal is no error, its failure is one', async (t) => {
  const dir = temporaryDir(t);
  mkdirSync(join(dir, 'bin'));
  const script = `#!/bin/sh
read -r server
case "$server" in
  a.test) echo '{"Username":"u","Secret":"p"}' ;;
  b.test) echo '{"Username":"<token>","Secret":"tok"}' ;;
  c.test) echo 'credentials not found in native keychain'; exit 1 ;;
  *) echo 'broken' >&2; exit 1 ;;
esac
`;
  writeFileSync(join(dir, 'bin/docker-credential-test'), script);
  chmodSync(join(dir, 'bin/docker-credential-test'), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${join(dir, 'bin')}:${path}`;
  t.teardown(() => {
    process.env.PATH = path;
  });
  const find = fileCredentials([configFile(t, { credsStore: 'test', credHelpers: { 'a.test': 'test' } })]);
  t.like(await find('a.test', 'x'), {
    kind: 'password',
    username: 'u',
    password: 'p',
    source: 'docker-credential-test',
    member: 'credHelpers["a.test"]',
  });
  t.like(await find('b.test', 'x'), { kind: 'token', token: 'tok', source: 'docker-credential-test', member: 'credsStore' });
  t.is(await find('c.test', 'x'), undefined);
  await t.throwsAsync(find('d.test', 'x'), { code: 'REGISTRY_CREDENTIALS', message: /broken/ });
});

test('credential files are looked for where docker and podman keep them', (t) => {
  const env = { HOME: '/h', XDG_RUNTIME_DIR: '/run/u', REGISTRY_AUTH_FILE: '/own' };
  t.deepEqual(credentialFiles(env), [
    '/own',
    '/run/u/containers/auth.json',
    '/h/.config/containers/auth.json',
    '/h/.docker/config.json',
    '/h/.dockercfg',
  ]);
  t.deepEqual(credentialFiles({ HOME: '/h', DOCKER_CONFIG: '/d' }), ['/h/.config/containers/auth.json', '/d/config.json', '/h/.dockercfg']);
});

test('of several ways to say who asks a token is taken before a password, and that before what nobody knows', async (t) => {
  const asked: (string | undefined)[] = [];
  const registry = await startLoopback(t, ({ url, headers }, response) => {
    if (url === '/v2/') return false;
    if (url?.startsWith('/token')) return Boolean(response.writeHead(200).end(JSON.stringify({ token: 't' })));
    asked.push(headers.authorization);
    if (headers.authorization === 'Bearer t') return false;
    const ways = ['Negotiate', 'Basic realm="x"', `Bearer realm="http://${headers.host}/token"`];
    return Boolean(response.writeHead(401, { 'www-authenticate': ways }).end());
  });
  await registry.add('acme/app/1.0', sampleImage());
  const { transport } = openHub(t, temporaryDir(t), { credentials: [configFile(t, { auths: { [registry.host]: { auth: AUTH } } })] });
  await transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
  t.deepEqual([...new Set(asked)], [undefined, 'Bearer t']);
});

for (const [expires, seconds] of [
  [undefined, 50],
  [300, 290],
  [0, 50],
  ['300', 50],
  [5, 1],
] as const)
  test(`a token with expires_in ${JSON.stringify(expires)} is good for ${seconds} s`, async (t) => {
    const server = await startLoopback(t, ({ url }, response) => {
      if (url?.startsWith('/token') !== true) return false;
      return Boolean(response.writeHead(200).end(JSON.stringify({ token: 't', expires_in: expires })));
    });
    await using http = new HttpClient({ agents: new Agents(new TlsTrust([], {}), {}), stallTimeout: 10_000 });
    const query = { service: 's', scopes: [], found: undefined, what: 'x', signal: undefined };
    const before = Date.now();
    const { value, until } = await fetchToken(http, { realm: new URL(`http://${server.host}/token`), ...query });
    t.is(value, 'Bearer t');
    t.true(until >= before + seconds * 1000 && until <= Date.now() + seconds * 1000);
  });

test('a token server at a machine’s own wire is not asked', async (t) => {
  const challenge = { 'www-authenticate': 'Bearer realm="https://169.254.169.254/token"' };
  const registry = await startLoopback(t, ({ url }, response) => url !== '/v2/' && Boolean(response.writeHead(401, challenge).end()));
  const { transport } = openHub(t, temporaryDir(t), { retries: 0 });
  await t.throwsAsync(transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM }), {
    code: 'REGISTRY_ANSWER',
    message: /not safe/,
  });
});

test.serial('in a file the helper for the host comes before what is written there, and that before the helper for all', async (t) => {
  const dir = temporaryDir(t);
  for (const name of ['own', 'all'])
    writeFileSync(join(dir, `docker-credential-${name}`), `#!/bin/sh\necho '{"Username":"${name}","Secret":"p"}'\n`, { mode: 0o755 });
  const path = process.env.PATH;
  process.env.PATH = `${dir}:${path}`;
  t.teardown(() => {
    process.env.PATH = path;
  });
  const auths = { 'a.test': basic('written:p'), 'b.test': basic('written:p') };
  const find = fileCredentials([configFile(t, { credHelpers: { 'a.test': 'own' }, auths, credsStore: 'all' })]);
  const users = [];
  for (const host of ['a.test', 'b.test', 'c.test']) users.push((await find(host, 'x')) as { username?: string });
  t.deepEqual(
    users.map(({ username }) => username),
    ['own', 'written', 'all'],
  );
});

test('credentials for docker.io are those for any of its names', async (t) => {
  for (const key of ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'https://index.docker.io/v1/', 'https://registry-1.docker.io'])
    t.like(await fileCredentials([configFile(t, { auths: { [key]: basic('u:p') } })])('docker.io', 'library/x'), { username: 'u' }, key);
});
