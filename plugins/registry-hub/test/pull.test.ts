import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Descriptor, descriptorOf, MEDIA_TYPES, parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import type { RegistryOptions } from '../src/options.ts';
import { openHub, PLATFORM, sampleImage, sampleLayer } from './hub-bench.ts';
import { type Interfere, startLoopback } from './loopback-registry.ts';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** A registry with acme/app:1.0 that misbehaves so, and what somebody gets who pulls it. */
async function bench(t: ExecutionContext, interfere?: Interfere, options: Partial<RegistryOptions> = {}) {
  const registry = await startLoopback(t, interfere);
  await registry.add('acme/app/1.0', sampleImage());
  const { transport, store } = openHub(t, temporaryDir(t), { retries: 2, ...options });
  const pull = (name = 'acme/app:1.0', platform = PLATFORM) => transport.resolve(parseReference(`${registry.host}/${name}`), { platform });
  return { registry, transport, store, pull };
}

test('an image is pulled by what its tag means, with one request for the manifest and one for the configuration', async (t) => {
  const { registry, pull } = await bench(t);
  const image = await pull();
  t.is(await image.id(), await sampleImage().id());
  t.deepEqual(
    registry.requests.map(({ line }) => line).filter((line) => line !== 'GET /v2/'),
    [
      'HEAD /v2/acme/app/manifests/1.0',
      `GET /v2/acme/app/manifests/${(await image.descriptor()).digest}`,
      `GET /v2/acme/app/blobs/${await image.id()}`,
    ],
  );
});

test('a pulled image can be stored, and a layer that is here already is not asked for again', async (t) => {
  const { registry, store, pull } = await bench(t);
  await store.images.put(await pull(), { names: ['docker.io/acme/app:1.0'] });
  await registry.add('acme/app/2.0', sampleImage([sampleLayer('one')]));
  registry.requests.length = 0;
  const second = await pull('acme/app:2.0');
  await store.images.put(second);
  await second.layers[0]?.contents();
  t.deepEqual(
    registry.requests.map(({ line }) => line),
    [
      'HEAD /v2/acme/app/manifests/2.0',
      `GET /v2/acme/app/manifests/${(await second.descriptor()).digest}`,
      `GET /v2/acme/app/blobs/${await second.id()}`,
    ],
  );
});

test('a digest decides; the tag beside it is not looked up', async (t) => {
  const { registry, pull } = await bench(t);
  const { digest } = await sampleImage().descriptor();
  t.is(await (await pull(`acme/app:nonsense@${digest}`)).id(), await sampleImage().id());
  t.false(registry.requests.some(({ line }) => line.includes('nonsense')));
});

test('of an index the image for the platform is taken, never an attestation', async (t) => {
  const { registry, pull } = await bench(t);
  const arm = await registry.add('acme/app/arm', sampleImage([sampleLayer('arm')]));
  const amd = await sampleImage().descriptor();
  const entry = (descriptor: Descriptor, os: string, architecture: string, annotations?: object) => ({
    ...descriptor,
    platform: { os, architecture },
    annotations,
  });
  const attested = { 'vnd.docker.reference.type': 'attestation-manifest' };
  registry.addManifest(
    'acme/app/all',
    json({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.index,
      manifests: [entry(amd, 'unknown', 'unknown', attested), entry(arm, 'linux', 'arm64'), entry(amd, 'linux', 'amd64')],
    }),
    MEDIA_TYPES.index,
  );
  t.is(await (await pull('acme/app:all')).id(), await sampleImage().id());
  t.is(await (await pull('acme/app:all', { os: 'linux', architecture: 'arm64' })).id(), await sampleImage([sampleLayer('arm')]).id());
  await t.throwsAsync(pull('acme/app:all', { os: 'linux', architecture: 'riscv64' }), {
    code: 'IMAGE_PLATFORM',
    message: /found linux\/arm64, linux\/amd64$/,
  });
});

test('docker’s media types are understood, and layers get OCI’s', async (t) => {
  const { registry, pull } = await bench(t);
  const manifest = JSON.parse(String(await sampleImage().manifestBytes()));
  const layers = manifest.layers.map((layer: object) => ({ ...layer, mediaType: MEDIA_TYPES.dockerLayer }));
  const bytes = json({
    ...manifest,
    mediaType: MEDIA_TYPES.dockerManifest,
    config: { ...manifest.config, mediaType: MEDIA_TYPES.dockerConfig },
    layers,
  });
  registry.addManifest('acme/app/docker', bytes, MEDIA_TYPES.dockerManifest);
  const image = await pull('acme/app:docker');
  t.deepEqual(Buffer.from(await image.manifestBytes()), bytes);
  t.is(image.layers[0]?.stored?.mediaType, MEDIA_TYPES.layer);
  t.true(((await image.layers[0]?.index()) ?? []).length > 0);
});

test('what may pass is tried again', async (t) => {
  const { registry, pull } = await bench(t, ({ url }, response, seen) => {
    if (url === '/v2/' || seen > 2) return false;
    if (seen === 1) response.writeHead(503).end();
    else response.socket?.destroy();
    return true;
  });
  await (await pull()).layers[0]?.index();
  t.is(registry.requests.filter(({ line }) => /^GET .*manifests\/1\.0$/.test(line)).length, 3);
});

test('what will not pass is not tried again', async (t) => {
  const { registry, pull } = await bench(
    t,
    ({ url }, response) => url !== '/v2/' && Boolean(response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"not you"}]}')),
  );
  await t.throwsAsync(pull(), { code: 'REGISTRY_DENIED' });
  t.is(registry.requests.filter(({ line }) => /^GET .*manifests\/1\.0$/.test(line)).length, 1);
});

test('a download that breaks off goes on where it broke off', async (t) => {
  const layer = sampleImage().layers[1] ?? t.fail();
  const half = 100_001;
  const ranges: (string | undefined)[] = [];
  const { registry, pull } = await bench(t, async ({ url, headers }, response) => {
    if (!url?.endsWith(await layer.diffId())) return false;
    const bytes = registry.blobs.get(await layer.diffId()) ?? t.fail();
    ranges.push(headers.range);
    if (headers.range === undefined)
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, half), () => response.destroy());
    else response.writeHead(206, { 'content-range': `bytes ${half}-${bytes.length - 1}/${bytes.length}` }).end(bytes.subarray(half));
    return true;
  });
  await (await pull()).layers[1]?.index();
  t.deepEqual(ranges, [undefined, `bytes=${half}-`]);
});

test('a registry without ranges sends everything again, and nothing is taken twice', async (t) => {
  const layer = sampleImage().layers[1] ?? t.fail();
  const { registry, pull } = await bench(t, async ({ url }, response, seen) => {
    if (!url?.endsWith(await layer.diffId()) || seen > 1) return false;
    const bytes = registry.blobs.get(await layer.diffId()) ?? t.fail();
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 70_000), () => response.destroy());
    return true;
  });
  t.true(((await (await pull()).layers[1]?.index()) ?? []).length > 0);
});

test('a connection that stalls is given up', async (t) => {
  const { pull } = await bench(t, ({ url }, _, seen) => url !== '/v2/' && seen < 3, { stallTimeout: 500, retries: 20, retryWait: 1 });
  t.is(await (await pull()).id(), await sampleImage().id());
});

/** How the registry misbehaves, and how that is told. */
const refused = test.macro({
  async exec(t, interfere: Interfere, code: string, message: RegExp = /./) {
    const { pull } = await bench(t, interfere, { retries: 0 });
    const read = async (): Promise<void> => {
      await (await pull()).layers[0]?.index();
    };
    const failure = await t.throwsAsync<Error>(read(), { code, message });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
    t.notRegex(failure?.message ?? '', /[\u0000-\u001f]/);
  },
  title: (name, _, code) => `${name}: ${code}`,
});
const manifestIs =
  (bytes: Buffer, mediaType: string = MEDIA_TYPES.manifest): Interfere =>
  ({ url }, response) =>
    url?.includes('/manifests/') === true && Boolean(response.writeHead(200, { 'content-type': mediaType }).end(bytes));
const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Interfere =>
  ({ url }, response) =>
    url !== '/v2/' && Boolean(response.writeHead(code, headers).end(body));
const manifestOf = async (change: (manifest: Record<string, unknown>) => void) => {
  const manifest = JSON.parse(String(await sampleImage().manifestBytes()));
  change(manifest);
  return json(manifest);
};

test(
  'an unknown image',
  refused,
  status(404, {}, '{"errors":[{"code":"NAME_UNKNOWN","message":"\\u001b[31mno\\nsuch"}]}'),
  'IMAGE_UNKNOWN',
  /NAME_UNKNOWN +\[31mno such/,
);
test('an image of somebody else', refused, status(403), 'REGISTRY_DENIED');
test('who asks without saying how', refused, status(401), 'REGISTRY_DENIED');
test('too many requests', refused, status(429, { 'retry-after': '86400' }), 'REGISTRY_LIMIT');
test('a registry that fails', refused, status(502), 'REGISTRY_FAILED');
test('a manifest that is no JSON', refused, manifestIs(Buffer.from('<html>')), 'IMAGE_INVALID');
test(
  'a manifest of schema 1',
  refused,
  manifestIs(json({ schemaVersion: 1, name: 'x', fsLayers: [] }), 'application/vnd.docker.distribution.manifest.v1+prettyjws'),
  'IMAGE_INVALID',
  /schema 1/,
);
test(
  'a manifest that says it is something else',
  refused,
  manifestIs(json({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [] })),
  'IMAGE_INVALID',
);
test(
  'a manifest that never ends',
  refused,
  ({ method, url }, response) => {
    if (method !== 'GET' || !url?.includes('/manifests/')) return false;
    response.writeHead(200, { 'content-type': MEDIA_TYPES.manifest });
    const more = () => {
      while (response.write(Buffer.alloc(65536, ' ')));
    };
    response.on('drain', more);
    more();
    return true;
  },
  'REGISTRY_ANSWER',
);
test(
  'an artifact that is no image',
  refused,
  async (request, response, seen) =>
    await manifestIs(
      await manifestOf((manifest) => {
        manifest.config = descriptorOf('application/vnd.cncf.helm.config.v1+json', Buffer.from('{}'));
      }),
    )(request, response, seen),
  'IMAGE_INVALID',
  /helm/,
);
test(
  'a layer of an unknown kind',
  refused,
  async (request, response, seen) =>
    await manifestIs(
      await manifestOf((manifest) => {
        for (const layer of manifest.layers as { mediaType: string }[]) layer.mediaType = 'application/x-thing';
      }),
    )(request, response, seen),
  'IMAGE_INVALID',
  /x-thing/,
);
test(
  'a digest that does not fit the manifest',
  refused,
  ({ url }, response) =>
    url?.includes('/manifests/') === true &&
    Boolean(
      response.writeHead(200, { 'content-type': MEDIA_TYPES.manifest, 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end('{}'),
    ),
  'BLOB_MISMATCH',
);
test(
  'a layer with other bytes',
  refused,
  ({ url }, response) => url?.endsWith(LAYER) === true && Boolean(response.writeHead(200).end(gzipSync(Buffer.alloc(9000)))),
  'BLOB_MISMATCH',
);
test(
  'a layer that is too long',
  refused,
  ({ url }, response) => url?.endsWith(LAYER) === true && Boolean(response.writeHead(200).end(Buffer.alloc(100_000))),
  'BLOB_MISMATCH',
);
test(
  'a layer that is not there',
  refused,
  ({ url }, response) => url?.endsWith(LAYER) === true && Boolean(response.writeHead(404).end()),
  'BLOB_UNKNOWN',
);
test(
  'redirects in a circle',
  refused,
  ({ url }, response) => url !== '/v2/' && Boolean(response.writeHead(307, { location: url ?? '' }).end()),
  'REGISTRY_ANSWER',
);
test('a redirect to a file', refused, status(307, { location: 'file:///etc/passwd' }), 'REGISTRY_ANSWER', /file:/);
const LAYER = await sampleLayer('one').diffId();

test('nobody listens: REGISTRY_UNREACHABLE, with what to do', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const { transport } = openHub(t, temporaryDir(t), { retries: 0 });
  await t.throwsAsync(transport.resolve(parseReference(`127.0.0.1:${port}/acme/app`), { platform: PLATFORM }), {
    code: 'REGISTRY_UNREACHABLE',
    message: /Cannot fetch 127\.0\.0\.1:\d+\/acme\/app:.*ECONNREFUSED/,
  });
});

test('abort ends a download at once, with its reason', async (t) => {
  const { pull } = await bench(t, ({ url }, response) => url?.endsWith(LAYER) === true && Boolean(response.writeHead(200).write('x')));
  const image = await pull();
  const reason = new Error('enough');
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  const failure = await t.throwsAsync(async () => await image.layers[0]?.index({ signal: controller.signal }));
  t.true(failure === reason || failure?.cause === reason);
});

test('an image that is here is only asked for by its tag', async (t) => {
  const { registry, store, pull } = await bench(t);
  await store.images.put(await pull(), { names: ['docker.io/acme/app:1.0'] });
  registry.requests.length = 0;
  for (const layer of (await pull()).layers) await layer.index();
  t.deepEqual(
    registry.requests.map(({ line }) => line),
    ['HEAD /v2/acme/app/manifests/1.0'],
  );
});

const headless = test.macro({
  async exec(t, answer: Interfere) {
    const { pull } = await bench(t, (request, response, seen) => request.method === 'HEAD' && answer(request, response, seen));
    t.is(await (await pull()).id(), await sampleImage().id());
  },
  title: (name) => `a registry that ${name} when it is asked for a head is asked for the manifest`,
});
test('says 405', headless, (_, response) => Boolean(response.writeHead(405).end()));
test('says 404', headless, (_, response) => Boolean(response.writeHead(404).end()));
test('fails', headless, (_, response) => Boolean(response.writeHead(500).end()));
test('tells no digest', headless, (_, response) => Boolean(response.writeHead(200).end()));
test('tells nonsense', headless, (_, response) => Boolean(response.writeHead(200, { 'docker-content-digest': 'sha256:x' }).end()));
test('breaks off', headless, (_, response) => Boolean(response.destroy()));
test('tells a digest that it does not know', headless, (_, response) =>
  Boolean(response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end()),
);

const inGzip = test.macro({
  async exec(t, part: string, isRead: boolean) {
    const { registry, pull } = await bench(t, ({ method, url }, response) => {
      if (method !== 'GET' || !url?.includes(part)) return false;
      const name = url.split('/').at(-1) ?? '';
      const bytes = registry.blobs.get(name as never) ?? registry.manifests.get(`acme/app/${name}`)?.bytes ?? t.fail();
      return Boolean(response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': MEDIA_TYPES.manifest }).end(gzipSync(bytes)));
    });
    const image = pull();
    if (isRead) t.is(await (await image).id(), await sampleImage().id());
    else await t.throwsAsync(image, { code: 'BLOB_MISMATCH' });
  },
  title: (_, part, isRead) => `what a proxy has compressed is ${isRead ? 'decoded' : 'taken as it is'}: ${part}`,
});
test(inGzip, '/manifests/', true);
test(inGzip, '/blobs/', false);

/** An image whose first layer the registry does not keep. */
async function foreign(t: ExecutionContext, urls: readonly string[], options: Partial<RegistryOptions> = {}) {
  const { registry, pull } = await bench(
    t,
    ({ url }, response) => url?.endsWith(LAYER) === true && Boolean(response.writeHead(404).end()),
    options,
  );
  const bytes = await manifestOf((manifest) => {
    const [layer] = manifest.layers as Record<string, unknown>[];
    Object.assign(layer ?? {}, { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar', urls });
  });
  registry.addManifest('acme/app/foreign', bytes, MEDIA_TYPES.manifest);
  return async () => await (await pull('acme/app:foreign')).layers[0]?.index();
}
test('a layer that lies elsewhere is not fetched unless that is asked for', async (t) => {
  const read = await foreign(t, ['https://elsewhere.test/layer']);
  await t.throwsAsync(read(), { code: 'BLOB_FOREIGN', message: /elsewhere\.test/ });
});
test('a layer is never fetched from this machine, its wire or its files', async (t) => {
  const asked: unknown[] = [];
  const here = await startLoopback(t, ({ url }) => asked.push(url) < 0);
  const hosts = ['127.0.0.1', 'localhost', '0.0.0.0', '[::ffff:127.0.0.1]'].map((name) => here.host.replace('127.0.0.1', name));
  const urls = ['file:///etc/passwd', 'http://169.254.169.254/x', ...hosts.map((host) => `http://${host}/layer`)];
  await t.throwsAsync((await foreign(t, urls, { foreignLayers: true }))(), { code: 'BLOB_UNKNOWN' });
  t.deepEqual(asked, []);
});

for (const host of ['169.254.169.254', '2852039166', '[::ffff:169.254.169.254]', '[fe80::1]'])
  test(`a redirect to a machine’s own wire is refused: ${host}`, async (t) => {
    const { pull } = await bench(
      t,
      ({ url }, response) => url?.includes('/blobs/') === true && Boolean(response.writeHead(307, { location: `http://${host}/x` }).end()),
    );
    await t.throwsAsync(pull(), { code: 'REGISTRY_ANSWER', message: /not safe/ });
  });

for (const [what, ping] of [
  ['400', (response) => response.writeHead(400).end()],
  ['404', (response) => response.writeHead(404).end()],
  ['401 without a challenge', (response) => response.writeHead(401).end()],
  ['500', (response) => response.writeHead(500).end()],
  ['a page for people', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
] as readonly [string, (response: ServerResponse) => unknown][])
  test(`a registry that answers its own address with ${what} is pulled from all the same`, async (t) => {
    const { pull } = await bench(t, ({ url }, response) => url === '/v2/' && Boolean(ping(response)), { retries: 0 });
    t.is(await (await pull()).id(), await sampleImage().id());
  });

test('manifests of all kinds are asked for, and a type may have parameters', async (t) => {
  const asked = new Set<string | undefined>();
  const { pull } = await bench(t, async ({ url, headers, method }, response) => {
    if (url?.includes('/manifests/') !== true) return false;
    asked.add(headers.accept);
    const bytes = Buffer.from(await sampleImage().manifestBytes());
    return Boolean(
      response.writeHead(200, { 'content-type': `${MEDIA_TYPES.manifest}; charset=utf-8` }).end(method === 'HEAD' ? '' : bytes),
    );
  });
  t.is(await (await pull()).id(), await sampleImage().id());
  t.deepEqual([...asked], [[MEDIA_TYPES.index, MEDIA_TYPES.manifest, MEDIA_TYPES.dockerList, MEDIA_TYPES.dockerManifest].join(', ')]);
});

for (const [what, mediaType, pack] of [
  ['gzip', MEDIA_TYPES.layerGzip, gzipSync],
  ['gzip of two members', MEDIA_TYPES.layerGzip, (tar) => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))])],
  ['zstd', MEDIA_TYPES.layerZstd, zstdCompressSync],
  ['zstd, said to be docker’s gzip', MEDIA_TYPES.dockerLayerGzip, zstdCompressSync],
  ['gzip, said to be nothing', MEDIA_TYPES.layer, gzipSync],
  ['a tar, said to be gzip', MEDIA_TYPES.layerGzip, (tar) => tar],
] as readonly [string, string, (tar: Buffer) => Buffer][])
  test(`what a layer is compressed with is told by its bytes: ${what}`, async (t) => {
    const { registry, pull } = await bench(t);
    const bytes = pack(Buffer.from(registry.blobs.get(LAYER) ?? ''));
    const stored = descriptorOf(mediaType, bytes);
    registry.blobs.set(stored.digest, bytes);
    const manifest = await manifestOf((file) => (file.layers as unknown[]).splice(0, 1, stored));
    registry.addManifest('acme/app/packed', manifest, MEDIA_TYPES.manifest);
    const image = await pull('acme/app:packed');
    t.is(((await image.layers[0]?.index()) ?? []).length, (await sampleLayer('one').index()).length);
  });

test('a layer whose tar is another than the configuration says is refused, and not kept', async (t) => {
  const { registry, pull, store } = await bench(t);
  const bytes = gzipSync(Buffer.alloc(10_240));
  const stored = descriptorOf(MEDIA_TYPES.layerGzip, bytes);
  registry.blobs.set(stored.digest, bytes);
  registry.addManifest('acme/app/other', await manifestOf((file) => (file.layers as unknown[]).splice(0, 1, stored)), MEDIA_TYPES.manifest);
  await t.throwsAsync(async () => await (await pull('acme/app:other')).layers[0]?.index(), {
    code: 'BLOB_MISMATCH',
    message: /whose tar is/,
  });
  t.is(await store.content.size(stored.digest), undefined);
});

test('so many layers come at once as wanted, and no more, of several images together', async (t) => {
  let [now, most] = [0, 0];
  const layers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => sampleLayer(name));
  const { registry, pull } = await bench(
    t,
    async ({ url }, response) => {
      if (!url?.includes('/blobs/') || !layerDigests.has(url.split('/').at(-1) ?? '')) return false;
      most = Math.max(most, ++now);
      await sleep(30);
      response.on('close', () => now--);
      return false;
    },
    { downloads: 2 },
  );
  const layerDigests = new Set<string>(await Promise.all(layers.map((layer) => layer.diffId())));
  await registry.add('acme/app/left', sampleImage(layers.slice(0, 3)));
  await registry.add('acme/app/right', sampleImage(layers.slice(3)));
  const images = await Promise.all(['left', 'right'].map((tag) => pull(`acme/app:${tag}`)));
  await Promise.all(images.flatMap((image) => image.layers).map((layer) => layer.index()));
  t.is(most, 2);
});

test('a head without an end is cut', async (t) => {
  const { pull } = await bench(
    t,
    ({ url }, response) => url !== '/v2/' && Boolean(response.writeHead(200, { 'x-long': 'x'.repeat(1 << 20) }).end()),
    { retries: 0 },
  );
  await t.throwsAsync(pull(), { code: 'REGISTRY_UNREACHABLE', message: /HPE_HEADER_OVERFLOW/ });
});

test('what does not pass by itself is not asked for again: 400, 401, 403, 404', async (t) => {
  for (const status of [400, 401, 403, 404]) {
    const { registry, pull } = await bench(t, ({ url }, response) => url !== '/v2/' && Boolean(response.writeHead(status).end()));
    await t.throwsAsync(pull());
    t.is(registry.requests.filter(({ line }) => line === 'GET /v2/acme/app/manifests/1.0').length, 1, String(status));
  }
});

test.serial('a layer that lies elsewhere comes from there where that is asked for, without credentials', async (t) => {
  const layer = sampleLayer('one');
  const chunks: Uint8Array[] = [];
  for await (const chunk of layer.tar()) chunks.push(chunk);
  const seen: (string | undefined)[][] = [];
  const proxy = createHttpServer((request, response) => {
    seen.push([request.url, request.headers.authorization]);
    response.end(Buffer.concat(chunks));
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
    delete process.env.HTTP_PROXY;
  });
  process.env.HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const read = await foreign(t, ['http://elsewhere.test/layer'], { foreignLayers: true });
  t.is(((await read()) ?? []).length, (await layer.index()).length);
  t.deepEqual(seen, [['http://elsewhere.test/layer', undefined]]);
});
