import { hostPlatform, MEDIA_TYPES, makeIndex, parseManifest, parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { pushWhole } from '../src/commands/push-whole.ts';
import { openHub, sampleImage, sampleLayer } from './hub-bench.ts';
import { startWriting } from './writing-registry.ts';

const INVALID = JSON.stringify({ errors: [{ code: 'MANIFEST_INVALID', message: 'manifest invalid' }] });
const TYPES = [MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerConfig, MEDIA_TYPES.dockerLayerGzip];

async function bench(t: ExecutionContext, { status = 400, fallback = true, isOld = true } = {}) {
  const registry = await startWriting(t, { refusesOci: isOld ? { status, body: INVALID } : undefined });
  const hub = openHub(t, temporaryDir(t), { schema2Fallback: fallback });
  const at = (name: string) => parseReference(`${registry.host}/${name}`);
  const typesOf = (key: string) => {
    const { bytes, type } = registry.manifests.get(key) ?? t.fail();
    const manifest = parseManifest(bytes, type);
    return manifest.kind === 'image'
      ? [manifest.mediaType, manifest.config.mediaType, ...new Set(manifest.layers.map(({ mediaType }) => mediaType))]
      : [manifest.mediaType];
  };
  return { ...hub, registry, at, typesOf };
}

for (const status of [400, 415])
  test(`a registry that refuses OCI's manifests with ${status} gets docker's, of the same configuration and layers`, async (t) => {
    const { transport, at, typesOf, registry } = await bench(t, { status });
    const { transport: modern, at: elsewhere, registry: other } = await bench(t, { isOld: false });
    await modern.push(sampleImage(), elsewhere('acme/app:1'), {});
    const { digest, mediaType } = await transport.push(sampleImage(), at('acme/app:1'), {});
    t.is(mediaType, MEDIA_TYPES.dockerManifest);
    t.deepEqual(typesOf('acme/app:1'), TYPES);
    t.true(registry.manifests.has(`acme/app:${digest}`));
    t.deepEqual([...registry.blobs.keys()].sort(), [...other.blobs.keys()].sort());
    t.is(registry.requests.filter(({ line }) => /^PUT .*uploads/.test(line)).length, 3, 'no blob is sent twice');
  });

test('of an index it gets docker’s list', async (t) => {
  const { transport, at, typesOf, registry } = await bench(t);
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  const index = makeIndex(platforms.map((platform) => ({ platform, image: sampleImage([sampleLayer(platform.architecture)]) })));
  await transport.pushIndex(index, at('acme/many:1'), {});
  t.deepEqual(typesOf('acme/many:1'), [MEDIA_TYPES.dockerList]);
  const list = parseManifest(registry.manifests.get('acme/many:1')?.bytes ?? t.fail());
  const named = list.kind === 'index' ? list.manifests : t.fail();
  t.deepEqual(
    named.map(({ platform }) => platform?.architecture),
    ['amd64', 'arm64'],
  );
  for (const { digest } of named) t.deepEqual(typesOf(`acme/many:${digest}`), TYPES);
});

test('without being asked for that it says what may be the matter', async (t) => {
  const { transport, at, registry } = await bench(t, { fallback: false });
  const failure = await t.throwsAsync(() => transport.push(sampleImage(), at('acme/app:1'), {}), {
    code: 'REGISTRY_FORMAT',
    message: /MANIFEST_INVALID/,
  });
  t.regex(String((failure as { hint?: string }).hint), /--format v2s2.*schema2Fallback/);
  t.is(registry.manifests.size, 0);
});

test('docker’s media types can be asked for at once', async (t) => {
  const { transport, at, typesOf, store, registry } = await bench(t, { isOld: false });
  const record = await store.images.put(sampleImage());
  await pushWhole(record, at('acme/app:1'), {
    images: store.images,
    transport,
    platform: hostPlatform(),
    dockerTypes: true,
    emit: undefined,
  });
  t.deepEqual(typesOf('acme/app:1'), TYPES);
  t.is(registry.requests.filter(({ line }) => line.startsWith('PUT /v2/acme/app/manifests/')).length, 1);
});
