import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, digestOf, hexOf, makeIndex, parseManifest, parseReference } from '@varve/core/image';
import { sha512Image, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { createRegistryClient } from '../src/client/registry-client.ts';
import { isRegistryMissing, registryFor } from './docker-registry.ts';
import { NO_FILES, openHub, PLATFORM, sampleImage } from './hub-bench.ts';
import { startWriting, type Wishes } from './writing-registry.ts';

const claim = isRegistryMissing() ? test.skip : test.serial;
const dockers = isRegistryMissing() ? () => ({ host: '127.0.0.1:1' }) : registryFor(test);

/** A registry that has `acme/app:1`, with an image in which all is called by its sha512. */
async function bench(t: ExecutionContext, wishes: Wishes = { digests: true }) {
  const registry = await startWriting(t, wishes);
  const at = (name: string) => parseReference(`${registry.host}/${name}`);
  const first = openHub(t, temporaryDir(t));
  const { image } = await sha512Image(sampleImage(), first.store.layers);
  await first.store.images.put(image);
  return { registry, at, image, first, descriptor: await first.transport.push(image, at('acme/app:1'), {}) };
}

const algorithms = (lines: readonly string[]) => [...new Set(lines.map((line) => /digest-algorithm=(\w+)/.exec(line)?.[1]))];

test('an image goes to a registry under its sha512 digests, and its tag with the manifest', async (t) => {
  const { registry, image, descriptor } = await bench(t);
  t.deepEqual(descriptor, await image.descriptor());
  const lines = registry.requests.map(({ line }) => line);
  t.deepEqual(algorithms(lines.filter((line) => line.startsWith('POST'))), ['sha512']);
  t.deepEqual(
    lines.filter((line) => line.startsWith('PUT /v2/acme/app/manifests/')),
    [`PUT /v2/acme/app/manifests/${descriptor.digest}?tag=1`],
  );
});

test('a registry that does not say that it set the tag is given the manifest under the tag, too', async (t) => {
  const { registry, descriptor } = await bench(t, {});
  const lines = registry.requests.map(({ line }) => line).filter((line) => line.startsWith('PUT /v2/acme/app/manifests/'));
  t.deepEqual(lines, [`PUT /v2/acme/app/manifests/${descriptor.digest}?tag=1`, 'PUT /v2/acme/app/manifests/1']);
});

for (const by of ['tag', 'digest'] as const)
  test(`an image with sha512 digests is pulled by its ${by}, stored, found by them and pushed on as it is`, async (t) => {
    const { at, image, descriptor, registry } = await bench(t);
    const dir = temporaryDir(t);
    const { store, transport } = openHub(t, dir);
    const reference = by === 'tag' ? at('acme/app:1') : at(`acme/app@${descriptor.digest}`);
    const found = await transport.resolve(reference, { platform: PLATFORM });
    const record = await store.images.put(found, { names: ['app'] });
    const expected = by === 'tag' ? digestOf(await image.manifestBytes()) : descriptor.digest; // under its tag it is called by its sha256
    t.is(record.descriptor.digest, expected);
    t.is(record.id, await image.id());
    for (const layer of (await store.images.open(record)).layers) {
      const blob = layer.stored?.digest as Digest;
      t.true(existsSync(join(dir, 'store/blobs/sha512', hexOf(blob))), blob);
    }
    const requests = registry.requests.length;
    await transport.resolve(at(`acme/app@${expected}`), { platform: PLATFORM });
    t.is(registry.requests.length, requests, 'what is here is not asked for again');
    const pushed = await transport.push(await store.images.open(record), at('acme/other:2'), {});
    t.is(pushed.digest, expected);
    t.deepEqual(registry.manifests.get('acme/other:2')?.bytes, Buffer.from(await image.manifestBytes()));
  });

for (const which of ['manifest', 'configuration', 'layer'] as const)
  test(`a ${which} that is not what its sha512 says is refused`, async (t) => {
    const { at, image, registry, descriptor } = await bench(t);
    const manifest = parseManifest(await image.manifestBytes());
    const { config, layers } = manifest.kind === 'image' ? manifest : t.fail();
    const digest = which === 'configuration' ? config.digest : layers[0]?.digest;
    const wrong = (bytes: Buffer | undefined) => Buffer.from(bytes ?? '').fill('x', 20, 21);
    const key = `acme/app:${descriptor.digest}`;
    if (which === 'manifest')
      registry.manifests.set(key, { ...registry.manifests.get(key), bytes: wrong(registry.manifests.get(key)?.bytes), type: '' });
    else registry.blobs.set(`acme/app@${digest}`, wrong(registry.blobs.get(`acme/app@${digest}`)));
    const { transport } = openHub(t, temporaryDir(t));
    const pull = async () => {
      const found = await transport.resolve(at(`acme/app@${descriptor.digest}`), { platform: PLATFORM });
      for (const layer of found.layers) await layer.index();
    };
    await t.throwsAsync(pull, { code: 'BLOB_MISMATCH' });
  });

test('an index of images with sha512 digests keeps its bytes', async (t) => {
  const { registry, at, image, first } = await bench(t);
  const { store, transport } = first;
  const record = await store.images.putIndex(makeIndex([{ platform: PLATFORM, image }]));
  const index = await store.images.openIndex(record);
  const pushed = index && (await transport.pushIndex(index, at('acme/many:1'), {}));
  t.is(pushed?.digest, record.descriptor.digest);
  t.true(registry.manifests.has(`acme/many:${(await image.descriptor()).digest}`));
});

test('what belongs to a manifest with a sha512 digest is listed under a tag that is short enough', async (t) => {
  const { registry, descriptor } = await bench(t);
  await using client = createRegistryClient(NO_FILES);
  const name = `${registry.host}/acme/app`;
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: empty, layers: [], subject: descriptor }));
  await client.pushManifest(name, { bytes, mediaType });
  t.true(registry.manifests.has(`acme/app:sha512-${hexOf(descriptor.digest).slice(0, 64)}`));
  const found = [];
  for await (const referrer of client.referrers(name, { digest: descriptor.digest })) found.push(referrer.digest);
  t.deepEqual(found, [digestOf(bytes)]);
});

claim('docker’s registry keeps blobs under their sha512', async (t) => {
  await using client = createRegistryClient(NO_FILES);
  const bytes = Buffer.alloc(100_000, 'some bytes');
  const blob = { digest: digestOf(bytes, 'sha512'), size: bytes.length };
  const repository = `${dockers().host}/acme/long`;
  async function* read(from: number): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytes.subarray(from);
  }
  t.deepEqual(await client.pushBlob(repository, blob, read), { kind: 'sent' });
  t.deepEqual(await client.pushBlob(repository, blob, read), { kind: 'there' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.fetchBlob(repository, blob)) chunks.push(chunk);
  t.deepEqual(Buffer.concat(chunks), bytes);
});
