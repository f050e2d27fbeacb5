import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Client, withoutSettings } from './client.ts';
import { type DockerRegistry, isRegistryMissing, startRegistry } from './docker-registry.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { sampleImage } from './images.ts';
import { type Account, TokenServer } from './token-server.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const ALI: Account = { username: 'ali', password: 'open:sesame-secret', refreshToken: 'refreshing-secret' };
const dir = mkdtempSync(join(tmpdir(), 'varve-token-site-'));
let tokens: TokenServer;
let registry: DockerRegistry;
if (!isRegistryMissing) {
  test.before(async () => {
    tokens = await TokenServer.start(dir, ALI);
    registry = await startRegistry(join(dir, 'registry'), { auth: tokens.auth as Record<string, unknown> });
  });
  test.after.always(async () => {
    await registry?.[Symbol.asyncDispose]();
    await tokens?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });
}

type Who = 'password' | 'refresh token' | 'wrong password' | 'nobody';
const entryOf: Readonly<Record<Who, object>> = {
  password: { auth: Buffer.from(`${ALI.username}:${ALI.password}`).toString('base64') },
  'refresh token': { auth: Buffer.from('<token>:').toString('base64'), identitytoken: ALI.refreshToken },
  'wrong password': { auth: Buffer.from(`${ALI.username}:wrong-secret`).toString('base64') },
  nobody: {},
};

/** A client with credentials behind a proxy; what was said of secrets is searched for when the test ends. */
async function bench(t: ExecutionContext, who: Who, options: Readonly<Record<string, unknown>> = {}) {
  const proxy = await FaultProxy.start(registry.host);
  const file = join(dir, `auth-${proxy.host.split(':')[1]}.json`);
  writeFileSync(file, JSON.stringify({ auths: who === 'nobody' ? {} : { [proxy.host]: entryOf[who] } }));
  const client = new Client({ retries: 2, retryWait: 5, credentials: [file], ...options });
  t.teardown(async () => {
    client[Symbol.dispose]();
    await proxy[Symbol.asyncDispose]();
  });
  Object.assign(tokens, { instead: undefined, grants: ['pull', 'push', '*'], life: 300, offersRefresh: false });
  tokens.requests.length = 0;
  const said: string[] = [];
  const varve = async (...args: readonly string[]) => {
    const outcome = await client.varve(['--debug', ...args]);
    said.push(outcome.stdout + outcome.stderr);
    const encoded = Object.values(entryOf).map((entry) => Buffer.from(JSON.stringify(entry)).toString());
    const secrets = [
      ALI.password,
      ALI.refreshToken,
      'wrong-secret',
      ...tokens.tokens,
      ...encoded.flatMap((text) => /"auth":"([^"]+)"/.exec(text)?.[1] ?? []),
    ];
    t.false(
      secrets.some((secret) => said.join('').includes(secret)),
      'no password and no token is said',
    );
    return outcome;
  };
  const push = async (name: string) => {
    await client.store(sampleImage(), `${proxy.host}/${name}`);
    return await varve('push', `${proxy.host}/${name}`);
  };
  const pull = (name: string) => varve('pull', `${proxy.host}/${name}`);
  return { proxy, client, varve, push, pull, file };
}
const scopes = () => [...new Set(tokens.requests.flatMap((request) => request.scopes))].sort();

for (const who of ['password', 'refresh token'] as const)
  claim(`with a ${who}: one token for a push, one for a pull, for no more than is needed`, async (t) => {
    const { push, pull } = await bench(t, who);
    const repository = `acme/${who.replace(' ', '-')}`;
    t.is((await push(`${repository}:1`)).code, 0);
    t.deepEqual(scopes(), [`repository:${repository}:pull,push`]);
    t.is(tokens.requests.length, 1);
    t.deepEqual(
      [tokens.requests[0]?.method, tokens.requests[0]?.user, tokens.requests[0]?.service],
      [who === 'password' ? 'GET' : 'POST', ALI.username, TokenServer.SERVICE],
    );
    tokens.requests.length = 0;
    t.is((await pull(`${repository}:1`)).code, 0);
    t.deepEqual([scopes(), tokens.requests.length], [[`repository:${repository}:pull`], 1]);
  });

claim('strangers get what is public, without credentials', async (t) => {
  const { push } = await bench(t, 'password');
  t.is((await push('public/app:1')).code, 0);
  const stranger = await bench(t, 'nobody');
  t.is((await stranger.pull('public/app:1')).code, 0);
  t.deepEqual(
    tokens.requests.map(({ user }) => user),
    [undefined],
  );
  const { code, stderr } = await stranger.push('public/other:1');
  t.is(code, 1);
  t.regex(stderr, /\[REGISTRY_DENIED/);
});

const refused = (
  title: string,
  who: Who,
  prepare: () => void,
  {
    error,
    requests,
    says,
    ...options
  }: { readonly error: string; readonly requests: number; readonly says?: RegExp; readonly stallTimeout?: number },
) =>
  claim(`${title}: ${error} after ${requests} questions for a token`, async (t) => {
    const { pull, client, proxy } = await bench(t, who, options);
    prepare();
    const { code, stderr } = await pull('acme/password:1');
    t.is(code, 1);
    t.regex(stderr, new RegExp(`\\[${error}[\\],]`));
    if (says !== undefined) t.regex(stderr, says);
    t.is(tokens.requests.length, requests);
    t.is(await client.idOf(`${proxy.host}/acme/password:1`), undefined);
  });
const answers = (status: number, body: string | Buffer) => () => {
  tokens.instead = (_, response: ServerResponse) => Boolean(response.writeHead(status, { 'content-type': 'application/json' }).end(body));
};
refused('a wrong password', 'wrong password', () => undefined, { error: 'REGISTRY_DENIED', requests: 1 });
// HEAD says no more than that it is so; the registry's own words come with GET, which asks once more.
refused('an insufficient scope', 'password', () => Object.assign(tokens, { grants: ['push'] }), { error: 'REGISTRY_DENIED', requests: 2 });
refused('tokens that are expired when they come', 'password', () => Object.assign(tokens, { life: -300 }), {
  error: 'REGISTRY_DENIED',
  requests: 2,
});
refused('an answer without a token', 'password', answers(200, '{"expires_in":60}'), { error: 'REGISTRY_ANSWER', requests: 1 });
refused('an answer that is no JSON', 'password', answers(200, 'token=very-secret'), { error: 'REGISTRY_ANSWER', requests: 1 });
refused('a token with a line end', 'password', answers(200, JSON.stringify({ token: 'a\r\nx-header: b' })), {
  error: 'REGISTRY_ANSWER',
  requests: 1,
});
refused('an answer larger than any token', 'password', answers(200, Buffer.alloc(3 << 20, ' ')), { error: 'REGISTRY_ANSWER', requests: 1 });
refused('control characters in a refusal', 'password', answers(403, JSON.stringify({ errors: [{ code: 'X', message: '\u001b[2Jno' }] })), {
  error: 'REGISTRY_DENIED',
  requests: 1,
  says: / \[2Jno/,
});

refused(
  'a token server that never answers',
  'password',
  () => {
    tokens.instead = () => true;
  },
  { error: 'REGISTRY_UNREACHABLE', requests: 3, stallTimeout: 500 },
);

claim('a token server that fails for a moment is asked again', async (t) => {
  const { pull } = await bench(t, 'password');
  tokens.instead = (_, response) => tokens.requests.length === 1 && Boolean(response.writeHead(503).end());
  t.is((await pull('acme/password:1')).code, 0);
  t.is(tokens.requests.length, 2);
});

for (const status of [404, 405])
  claim(`a token server that answers POST with ${status} gets the refresh token by GET`, async (t) => {
    const { pull } = await bench(t, 'refresh token');
    tokens.instead = ({ method }, response) => method === 'POST' && Boolean(response.writeHead(status).end());
    await pull('acme/password:1');
    t.deepEqual(tokens.requests.map(({ method }) => method).slice(0, 2), ['POST', 'GET']);
  });

/** The registry says in its own words that nobody asks it: the token has expired meanwhile. */
const expired = (verb: 'pull' | 'push', what: string, on: RegExp, after = 0) =>
  claim(`${verb}: the token expires before ${what}: one more is asked for, and all is well`, async (t) => {
    const { proxy, push, pull, client } = await bench(t, 'password');
    const name = verb === 'pull' ? 'acme/password:1' : `acme/expired${on.source.length}${after}:1`;
    const fault: Fault = faults.forgetsWho;
    proxy.does({ on, times: 1, after, fault });
    t.is((verb === 'pull' ? await pull(name) : await push(name)).code, 0);
    // A refusal in the middle of a body may be lost with the connection; the next try is then not refused.
    t.true(tokens.requests.length === 2 || (verb === 'push' && what === 'the bytes of a layer' && tokens.requests.length === 1));
    proxy.does();
    t.is((await pull(name)).code, 0);
    t.is(await client.idOf(`${proxy.host}/${name}`), await sampleImage().id());
  });
expired('pull', 'the configuration', /^GET \S+\/blobs\//);
expired('pull', 'a layer', /^GET \S+\/blobs\//, 1);
expired('push', 'the beginning of an upload', /^POST /, 1);
expired('push', 'the bytes of a layer', /^(?:PUT|PATCH) \S+\/blobs\//, 1);
expired('push', 'the manifest', /^PUT \S+\/manifests\//, 1 - 1);

claim('a token that expires in the middle of a layer: the rest is asked for with a new one', async (t) => {
  const { proxy, pull } = await bench(t, 'password');
  const big = /^GET \S+\/blobs\//;
  const large = ({ headers }: { readonly headers: object }) => 'range' in headers;
  proxy.does({ on: big, where: large, times: 1, fault: faults.forgetsWho }, { on: big, times: 3, fault: faults.cutsDown(100_000) });
  t.is((await pull('acme/password:1')).code, 0);
  t.is(tokens.requests.length, 2);
});

claim('credentials and tokens stay with the host and port that they are for', async (t) => {
  const { proxy, pull } = await bench(t, 'password');
  const storage = await FaultProxy.start(registry.host);
  t.teardown(() => storage[Symbol.asyncDispose]());
  storage.does({ on: /./, times: 100, fault: async (exchange) => await sendBlob(exchange) });
  const redirect: Fault = async (exchange) =>
    await faults.says(307, { location: `http://${storage.host}${exchange.request.url}` })(exchange);
  proxy.does({ on: /^GET \S+\/blobs\//, times: 100, fault: redirect });
  t.is((await pull('acme/password:1')).code, 0);
  t.true(storage.requests.length >= 3);
  t.deepEqual([...new Set(storage.requests.map(({ headers }) => headers.authorization))], [undefined]);
});

/** What a bucket does: gives the bytes to whoever has the address. */
const sendBlob: Fault = async (exchange) => {
  const { createReadStream } = await import('node:fs');
  const { pipeline } = await import('node:stream/promises');
  const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(exchange.request.url ?? '') ?? [];
  exchange.response.writeHead(200);
  await pipeline(createReadStream(registry.blobFile(digest)), exchange.response);
};

claim('login with a token server', async (t) => {
  const { proxy, client } = await bench(t, 'nobody');
  const login = (input: string) => client.varve(['login', '-u', ALI.username, '--password-stdin', proxy.host], { input });
  t.regex((await login('wrong')).stderr, /incorrect username or password[\s\S]*\[REGISTRY_DENIED/);
  const { code, stdout } = await login(ALI.password);
  t.deepEqual([code, stdout], [0, 'Login Succeeded\n']);
  await client.must(['pull', `${proxy.host}/acme/password:1`]);
});

claim(
  'login where a token may stand for the password: that is kept, and the password is not; it is what is asked with from then on',
  async (t) => {
    const { proxy, client, file } = await bench(t, 'nobody');
    Object.assign(tokens, { offersRefresh: true });
    await client.must(['login', '-u', ALI.username, '--password-stdin', proxy.host], { input: ALI.password });
    const { auths } = JSON.parse(readFileSync(file, 'utf8'));
    t.deepEqual(auths[proxy.host], { auth: Buffer.from(`${ALI.username}:`).toString('base64'), identitytoken: ALI.refreshToken });
    tokens.requests.length = 0;
    await client.must(['pull', `${proxy.host}/acme/password:1`]);
    t.deepEqual(
      tokens.requests.map(({ method, user }) => [method, user]),
      [['POST', ALI.username]],
    );
  },
);

claim('a credential helper is given such a token under the name that says what it is', async (t) => {
  const { proxy, client, file } = await bench(t, 'nobody');
  Object.assign(tokens, { offersRefresh: true });
  writeFileSync(file, JSON.stringify({ credsStore: 'token' }));
  writeFileSync(
    join(client.folder, 'docker-credential-token'),
    `#!/bin/sh\ntest "$1" = store && exec cat > ${client.folder}/kept\necho credentials not found\nexit 1\n`,
    { mode: 0o755 },
  );
  const path = process.env.PATH;
  process.env.PATH = `${client.folder}:${path}`;
  t.teardown(() => {
    process.env.PATH = path;
  });
  await client.varve(['login', '-u', ALI.username, '--password-stdin', proxy.host], { input: ALI.password });
  t.deepEqual(JSON.parse(readFileSync(join(client.folder, 'kept'), 'utf8')), {
    ServerURL: proxy.host,
    Username: '<token>',
    Secret: ALI.refreshToken,
  });
});

claim(
  'to mount from another repository it may be read, too: that is asked for with what is needed, and tokens are for one host',
  async (t) => {
    const { push, varve, client, proxy } = await bench(t, 'password');
    t.is((await push('acme/base:1')).code, 0);
    tokens.requests.length = 0;
    await client.must(['tag', `${proxy.host}/acme/base:1`, `${proxy.host}/acme/onto:1`]);
    t.is((await varve('push', `${proxy.host}/acme/onto:1`)).code, 0);
    t.deepEqual(scopes(), ['repository:acme/base:pull', 'repository:acme/onto:pull,push']);
    t.true(proxy.seen(/^POST \S+mount=/).length >= 2);
  },
);
