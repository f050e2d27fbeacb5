import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { digestOf, parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { openHub, PLATFORM, sampleImage, sampleLayer } from './hub-bench.ts';
import { type Interfere, startLoopback } from './loopback-registry.ts';

/** A registry with acme/app:1.0, and mirrors of it that misbehave so; what somebody gets who pulls it. */
async function bench(t: ExecutionContext, mirrors: readonly (Interfere | 'closed')[]) {
  const registry = await startLoopback(t);
  await registry.add('acme/app/1.0', sampleImage());
  const started = await Promise.all(
    mirrors.map(async (interfere) => {
      if (interfere === 'closed') return { host: '127.0.0.1:1', requests: [] };
      const mirror = await startLoopback(t, interfere);
      await mirror.add('acme/app/1.0', sampleImage());
      return mirror;
    }),
  );
  const options = { mirrors: { [registry.host]: started.map(({ host }) => `http://${host}`) }, retries: 1 };
  const { transport } = openHub(t, temporaryDir(t), options);
  const pull = async () => {
    const image = await transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
    for (const layer of image.layers) await layer.index();
    return await image.id();
  };
  return { registry, mirrors: started, pull };
}

const falls = test.macro({
  async exec(t, mirrors: readonly (Interfere | 'closed')[]) {
    const { pull } = await bench(t, mirrors);
    t.is(await pull(), await sampleImage().id());
  },
  title: (name) => `${name}: the next place is asked`,
});
const blobs = (url: string | undefined): boolean => url?.includes('/blobs/') === true;
test('a mirror that is down', falls, ['closed']);
test('a mirror that fails', falls, [(_, response) => Boolean(response.writeHead(503).end())]);
test('a mirror without the image', falls, [(_, response) => Boolean(response.writeHead(404).end())]);
test('a mirror that wants credentials', falls, [
  (_, response) => Boolean(response.writeHead(401, { 'www-authenticate': 'Basic realm=x' }).end()),
]);
test('a mirror without blobs', falls, [({ url }, response) => blobs(url) && Boolean(response.writeHead(404).end())]);
test('a mirror that breaks off', falls, [
  ({ url }, response) => blobs(url) && response.writeHead(200, { 'content-length': 5000 }).write('x'.repeat(100), () => response.destroy()),
]);
test('a mirror with other blobs', falls, [({ url }, response) => blobs(url) && Boolean(response.writeHead(200).end('x'.repeat(5120)))]);
test('a mirror with longer blobs', falls, [({ url }, response) => blobs(url) && Boolean(response.writeHead(200).end('x'.repeat(900_000)))]);
test('two broken mirrors', falls, ['closed', (_, response) => Boolean(response.writeHead(502).end())]);

test('of two mirrors, one of them down, the other is asked, and the registry for nothing', async (t) => {
  const { registry, mirrors, pull } = await bench(t, ['closed', () => false]);
  t.is(await pull(), await sampleImage().id());
  t.deepEqual(
    registry.requests.filter(({ line }) => line.includes('acme')),
    [],
  );
  t.true((mirrors[1]?.requests.length ?? 0) > 3);
});

test('a manifest under a digest is what the digest says, whatever the mirror has', async (t) => {
  const { registry, mirrors } = await bench(t, [
    ({ url }, response) => url?.includes('/manifests/') === true && Boolean(response.writeHead(200).end('{"schemaVersion":2}')),
  ]);
  const { digest } = await sampleImage().descriptor();
  const { transport } = openHub(t, temporaryDir(t), { mirrors: { [registry.host]: mirrors.map(({ host }) => `http://${host}`) } });
  const image = await transport.resolve(parseReference(`${registry.host}/acme/app@${digest}`), { platform: PLATFORM });
  t.is(digestOf(await image.manifestBytes()), digest);
});

test('when all fail, the error is the registry’s, and says what the mirrors said', async (t) => {
  const registry = await startLoopback(t);
  const { transport } = openHub(t, temporaryDir(t), { mirrors: { [registry.host]: ['http://127.0.0.1:1'] }, retries: 0 });
  const failure = await t.throwsAsync<Error & { hint?: string }>(
    transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM }),
    { code: 'IMAGE_UNKNOWN' },
  );
  t.true(failure?.message.includes(registry.host));
});

test('a mirror gets its own credentials, and the registry’s never', async (t) => {
  const mirror = await startLoopback(t, ({ url, headers }, response) => {
    if (url === '/v2/' || headers.authorization === `Basic ${Buffer.from('mirror:m').toString('base64')}`) return false;
    return Boolean(response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
  });
  await mirror.add('acme/app/1.0', sampleImage());
  const registry = await startLoopback(t);
  const file = join(temporaryDir(t), 'config.json');
  const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
  writeFileSync(file, JSON.stringify({ auths: { [mirror.host]: auth('mirror:m'), [registry.host]: auth('registry:r') } }));
  const { transport } = openHub(t, temporaryDir(t), { mirrors: { [registry.host]: [`http://${mirror.host}`] }, credentials: [file] });
  const image = await transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
  t.is(await image.id(), await sampleImage().id());
  const said = new Set(mirror.requests.map(({ authorization }) => authorization));
  t.deepEqual(said, new Set([undefined, `Basic ${Buffer.from('mirror:m').toString('base64')}`]));
  t.deepEqual(registry.requests, []);
});

/** An HTTP proxy that asks for a password, and tells where it was asked to go. */
async function startProxy(t: ExecutionContext) {
  const seen: { readonly line: string; readonly authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers['proxy-authorization'] });
    response.writeHead(418).end();
  });
  server.on('connect', (request, socket) => {
    seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers['proxy-authorization'] });
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, port: (server.address() as AddressInfo).port };
}

test.serial('registries elsewhere are reached through the proxy, with its password; loopback never', async (t) => {
  const proxy = await startProxy(t);
  const registry = await startLoopback(t);
  await registry.add('acme/app/1.0', sampleImage([sampleLayer('one')]));
  const address = `http://ali:open%20sesame@127.0.0.1:${proxy.port}`;
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY']) {
    const before = process.env[name];
    process.env[name] = address;
    t.teardown(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  const { transport } = openHub(t, temporaryDir(t), { retries: 0, insecure: ['plain.test'] });
  await transport.resolve(parseReference(`${registry.host}/acme/app:1.0`), { platform: PLATFORM });
  t.deepEqual(proxy.seen, []);
  const failures = [];
  for (const host of ['secure.test', 'plain.test'])
    failures.push(await t.throwsAsync<Error>(transport.resolve(parseReference(`${host}/acme/app:1.0`), { platform: PLATFORM })));
  const basic = `Basic ${Buffer.from('ali:open sesame').toString('base64')}`;
  t.deepEqual([...new Set(proxy.seen.map(({ authorization }) => authorization))], [basic]);
  t.true(proxy.seen.some(({ line }) => line === 'CONNECT secure.test:443'));
  t.true(
    proxy.seen.some(({ line }) => line.startsWith('HEAD http://plain.test/v2/acme/app/') || line.startsWith('GET http://plain.test/v2/')),
  );
  for (const failure of failures) t.notRegex(`${failure?.message}${failure?.stack}`, /sesame/);
});
