import { createHash } from 'node:crypto';
import type { ExecutionContext, TestFn } from 'ava';
import {
  asLayerID,
  type DiffID,
  type Digest,
  descriptorOf,
  digestFromHex,
  digestOf,
  foreignImage,
  type Image,
  type ImageIndex,
  type ImageReference,
  imagesOf,
  type Layer,
  type LayerID,
  layerDescriptor,
  MEDIA_TYPES,
  makeImage,
  makeIndex,
  parseManifest,
  serializeManifest,
} from '../image/index.ts';
import type { LayerStore, Transport, VarveError } from '../src/index.ts';
import { type HostNeed, whyMissing } from './host-needs.ts';
import { AMD64, ARM64, attestedIndex, imageOn, nestedIndex } from './index-fixture.ts';
import { entry, fixtureLayer } from './layer-fixture.ts';
import { temporaryDir } from './temporary-dir.ts';

/** A transport and the store to which it brings layers. */
export interface OpenTransport {
  readonly transport: Transport;
  readonly layers: LayerStore;
}

export interface TransportSuite {
  /** In the titles of the tests. */
  readonly name: string;
  readonly needs?: readonly HostNeed[];
  /** A transport with a new store in this directory. */
  open(t: ExecutionContext, dir: string): Promise<OpenTransport>;
  /** A place to push to that nobody has used. `dir` is empty and the test's own. */
  destination(t: ExecutionContext, dir: string): Promise<ImageReference>;
  /** A reference to what is not there. */
  unknown(t: ExecutionContext, dir: string): Promise<ImageReference>;
  /** Changes a blob that was pushed there, keeping its size. Without it nothing is said about damaged blobs. */
  damage?(reference: ImageReference, blob: Digest): Promise<void>;
}

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const TIME = '2001-09-09T01:46:40Z';

/** An image of two layers with a config that a careless transport would write anew in another order. */
function sampleImage(): Image {
  const below = fixtureLayer(asLayerID(digestOf('below')), [
    entry.dir('etc'),
    entry.file('etc/motd', 3000),
    entry.symlink('etc/link', 'motd'),
  ]);
  const above = fixtureLayer(asLayerID(digestOf('above')), [entry.dir('etc'), entry.whiteout('etc/motd'), entry.file('etc/new', 200_000)]);
  const history = [
    { created: TIME, created_by: 'below' },
    { created: TIME, created_by: 'empty', empty_layer: true },
    { created: TIME, created_by: 'above' },
  ];
  return makeImage({
    config: { ...PLATFORM, created: TIME, config: { Cmd: ['/bin/sh'], 'x-unknown': [1] }, history },
    layers: [below, above],
  });
}

const ARTIFACT = 'application/vnd.example.artifact.config.v1+json';

/** What has layers as an image has them, and a configuration of its own. */
async function sampleArtifact(): Promise<Image> {
  const layer = fixtureLayer(asLayerID(digestOf('artifact')), [entry.file('file', 3000)]);
  const rootfs = { type: 'layers', diff_ids: [await layer.diffId()] };
  const configBytes = Buffer.from(JSON.stringify({ own: [1], rootfs }));
  const manifestBytes = serializeManifest(descriptorOf(ARTIFACT, configBytes), [await layerDescriptor(layer)]);
  return foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.manifest, layers: [layer] });
}

/** Tests every promise of `Transport`, for one that also pushes. Call it at the top of an ava test file. */
export function transportContract(test: TestFn, suite: TransportSuite): void {
  const claim = (title: string, body: (t: ExecutionContext) => Promise<void>): void => {
    const missing = whyMissing(suite.needs ?? []);
    if (missing !== undefined) test.skip(`${suite.name}: ${title} (skipped: ${missing})`, (t) => t.pass());
    else test.serial(`${suite.name}: ${title}`, body);
  };
  const push = async (t: ExecutionContext, image: Image): Promise<ImageReference> => {
    const reference = await suite.destination(t, temporaryDir(t));
    const { transport } = await suite.open(t, temporaryDir(t));
    await transport.push?.(image, reference, {});
    return reference;
  };

  claim('what was pushed is found again with its configuration byte for byte and the same layers', async (t) => {
    const image = sampleImage();
    const reference = await push(t, image);
    const { transport } = await suite.open(t, temporaryDir(t));
    const found = await transport.resolve(reference, { platform: PLATFORM });
    t.deepEqual(await found.configBytes(), await image.configBytes());
    t.deepEqual(
      await Promise.all(found.layers.map((layer) => layer.diffId())),
      await Promise.all(image.layers.map((layer) => layer.diffId())),
    );
    for (const layer of found.layers) t.is(await digestOfStream(layer.tar()), await idOf(t, layer));
  });

  claim('an image without layers goes there and back', async (t) => {
    const image = makeImage({ config: { ...PLATFORM, config: {}, history: [] }, layers: [] });
    const reference = await push(t, image);
    const { transport } = await suite.open(t, temporaryDir(t));
    const found = await transport.resolve(reference, { platform: PLATFORM });
    t.is(await found.id(), await image.id());
    t.deepEqual(found.layers, []);
  });

  claim('a push says which manifest is found afterwards, and a second one changes nothing', async (t) => {
    const reference = await suite.destination(t, temporaryDir(t));
    const { transport } = await suite.open(t, temporaryDir(t));
    const first = await transport.push?.(sampleImage(), reference, {});
    const second = await transport.push?.(sampleImage(), reference, {});
    const found = await transport.resolve(reference, { platform: PLATFORM });
    const digests = [digestOf(await found.manifestBytes()), (await found.descriptor()).digest, second?.digest];
    t.deepEqual(
      digests,
      digests.map(() => first?.digest),
    );
  });

  claim('a layer is brought here when somebody asks for its files, not before', async (t) => {
    const reference = await push(t, sampleImage());
    const { transport, layers } = await suite.open(t, temporaryDir(t));
    const [below] = (await transport.resolve(reference, { platform: PLATFORM })).layers;
    const id = await idOf(t, below);
    t.is(await layers.get(id), undefined);
    const index = await below?.index();
    t.deepEqual(
      [...(index ?? [])].map(({ path }) => path),
      ['etc', 'etc/link', 'etc/motd'],
    );
    t.truthy(await layers.get(id));
  });

  claim('an artifact keeps the type of its configuration, and is found by whoever asks for that', async (t) => {
    const reference = await push(t, await sampleArtifact());
    const { transport } = await suite.open(t, temporaryDir(t));
    const found = await transport.resolve(reference, { platform: PLATFORM, artifact: ARTIFACT });
    t.deepEqual(await found.configBytes(), await (await sampleArtifact()).configBytes());
    const manifest = parseManifest(await found.manifestBytes());
    t.is(manifest.kind === 'image' && manifest.config.mediaType, ARTIFACT);
    t.is((await found.layers[0]?.index())?.length, 1);
    await t.throwsAsync(transport.resolve(reference, { platform: PLATFORM }));
    await t.throwsAsync(transport.resolve(reference, { platform: PLATFORM, artifact: 'application/vnd.example.other' }));
  });

  claim('what is not there is IMAGE_UNKNOWN', async (t) => {
    const dir = temporaryDir(t);
    const { transport } = await suite.open(t, temporaryDir(t));
    const reference = await suite.unknown(t, dir);
    await t.throwsAsync(transport.resolve(reference, { platform: PLATFORM }), { code: 'IMAGE_UNKNOWN' });
  });

  claim('an aborted request rejects with its reason', async (t) => {
    const reference = await push(t, sampleImage());
    const { transport } = await suite.open(t, temporaryDir(t));
    const reason = new Error('enough');
    const failure = await t.throwsAsync(transport.resolve(reference, { platform: PLATFORM, signal: AbortSignal.abort(reason) }));
    t.true(failure === reason || failure?.cause === reason);
  });

  claim('an index that was pushed is found with the image of each platform, if the transport takes indexes', async (t) => {
    const reference = await suite.destination(t, temporaryDir(t));
    const { transport } = await suite.open(t, temporaryDir(t));
    if (transport.pushIndex === undefined) return void t.pass();
    const images = [ARM64, AMD64].map((platform) => ({ platform, image: imageOn(platform) }));
    const descriptor = await transport.pushIndex(makeIndex(images), reference, {});
    t.is(descriptor.mediaType, MEDIA_TYPES.index);
    const { transport: other } = await suite.open(t, temporaryDir(t));
    for (const { platform, image } of images) {
      const found = await other.resolve(reference, { platform });
      t.deepEqual(await found.configBytes(), await image.configBytes());
      for (const layer of found.layers) t.is(await digestOfStream(layer.tar()), await idOf(t, layer));
    }
    const s390x = { os: 'linux', architecture: 's390x' };
    const error = await t.throwsAsync(other.resolve(reference, { platform: s390x }), { code: 'IMAGE_PLATFORM' });
    t.regex(error?.message ?? '', /linux\/arm64, linux\/amd64/);
  });

  for (const [what, make] of [
    ['attested images', attestedIndex],
    ['an image and an index', nestedIndex],
  ] as const)
    claim(`an index of ${what} that was pushed is found whole, if the transport gives indexes`, async (t) => {
      const reference = await suite.destination(t, temporaryDir(t));
      const { transport } = await suite.open(t, temporaryDir(t));
      if (transport.pushIndex === undefined || transport.resolveIndex === undefined) return void t.pass();
      const { index } = await make();
      const { digest } = await transport.pushIndex(index, reference, {});
      const { transport: other } = await suite.open(t, temporaryDir(t));
      const found = await other.resolveIndex?.(reference, {});
      if (found === undefined) return t.fail('an index was pushed');
      t.is((await found.descriptor()).digest, digest);
      t.is(digestOf(await found.indexBytes()), digest);
      t.deepEqual(await shapeOf(found), await shapeOf(index));
      for (const entry of imagesOf(found))
        for (const layer of (await entry.image()).layers) t.is(await digestOfStream(layer.tar()), await idOf(t, layer));
    });

  claim('one image is no index, if the transport gives indexes', async (t) => {
    const reference = await push(t, sampleImage());
    const { transport } = await suite.open(t, temporaryDir(t));
    if (transport.resolveIndex !== undefined) t.is(await transport.resolveIndex(reference, {}), undefined);
    else t.pass();
  });

  const { damage } = suite;
  if (damage === undefined) return;
  claim('a layer that was changed on its way is refused, and not kept', async (t) => {
    const reference = await push(t, sampleImage());
    const { transport, layers } = await suite.open(t, temporaryDir(t));
    const [below] = (await transport.resolve(reference, { platform: PLATFORM })).layers;
    await damage(reference, below?.stored?.digest ?? (await idOf(t, below)));
    const failure = await t.throwsAsync<VarveError>(async () => await below?.index());
    t.regex(failure?.code ?? '', /^(?:BLOB_MISMATCH|COMPRESSION_CORRUPT|TAR_[A-Z]+)$/);
    t.is(await layers.get(await idOf(t, below)), undefined);
  });

  claim('a manifest or configuration that was changed is refused', async (t) => {
    const reference = await push(t, sampleImage());
    await damage(reference, await sampleImage().id());
    const { transport } = await suite.open(t, temporaryDir(t));
    await t.throwsAsync(transport.resolve(reference, { platform: PLATFORM }), { code: 'BLOB_MISMATCH' });
  });
}

/** What stands where in an index, with the images' configurations: their manifests change where layers are compressed on the way. */
async function shapeOf(index: ImageIndex): Promise<readonly unknown[]> {
  const shapes: unknown[] = [];
  for (const entry of index.entries) {
    if (entry.kind === 'image') shapes.push(await (await entry.image()).id());
    else if (entry.kind === 'index') shapes.push(await shapeOf(entry.index));
  }
  return shapes;
}

/** The diffID as a layer's id, for layers that came from elsewhere. */
async function idOf(t: ExecutionContext, layer: Layer | undefined): Promise<LayerID & DiffID> {
  if (layer === undefined) throw new Error(`${t.title}: there is no layer`);
  return (await layer.diffId()) as LayerID & DiffID; // such a layer's id is its diffID
}

async function digestOfStream(source: AsyncIterable<Uint8Array>): Promise<Digest> {
  const sha = createHash('sha256');
  for await (const chunk of source) sha.update(chunk);
  return digestFromHex(sha.digest('hex'));
}
