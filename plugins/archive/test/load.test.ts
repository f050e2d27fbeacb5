import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Descriptor, descriptorOf, digestOf, hexOf, type Image, MEDIA_TYPES } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import type { LocalStore } from '../../store-local/src/local-store.ts';
import { loadArchive } from '../src/load-archive.ts';
import { loadCommand } from '../src/load-command.ts';
import { saveImages } from '../src/save-images.ts';
import { writeLayout } from '../src/write-layout.ts';
import { collect, openStore, readFileStream, run, runCommand, sampleImage, sampleLayer } from './archive-bench.ts';

const image = (): Image => sampleImage([sampleLayer('one'), sampleLayer('two')]);
const NAME = 'docker.io/acme/a:1.0';

/** `varve save` of acme/a:1.0, as bytes. */
const archiveOf = async (t: ExecutionContext, names = [NAME]): Promise<Buffer> =>
  await collect(saveImages([{ image: image(), names }], openStore(t, temporaryDir(t))));

type Files = Readonly<Record<string, Uint8Array | string>>;

/** A directory with these files; a value `-> x` is a symlink. */
function filesIn(dir: string, files: Files): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, dirname(path)), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), join(dir, path));
    else writeFileSync(join(dir, path), content);
  }
  return dir;
}

/** A tar of these files, in their order. */
async function tarOf(t: ExecutionContext, files: Files): Promise<string> {
  const dir = temporaryDir(t);
  filesIn(join(dir, 'in'), files);
  await run('tar', ['cf', join(dir, 'x.tar'), '-C', join(dir, 'in'), ...Object.keys(files)]);
  return join(dir, 'x.tar');
}

const blob = (bytes: Uint8Array): string => `blobs/sha256/${hexOf(digestOf(bytes))}`;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

interface Parts {
  readonly config: Buffer;
  readonly layers: readonly Buffer[];
}
async function partsOf(from: Image): Promise<Parts> {
  const layers = [];
  for (const layer of from.layers) layers.push(await collect(layer.tar()));
  return { config: Buffer.from(await from.configBytes()), layers };
}

/** The members of a docker-archive as docker before 25 wrote it. */
async function oldArchive(from: Image): Promise<Files> {
  const { config, layers } = await partsOf(from);
  return {
    ...Object.fromEntries(
      layers.flatMap((bytes, i) => [
        [`${i}a/VERSION`, '1.0'],
        [`${i}a/json`, '{"id":"x"}'],
        [`${i}a/layer.tar`, bytes],
      ]),
    ),
    [`${createHash('sha256').update(config).digest('hex')}.json`]: config,
    'manifest.json': json([
      {
        Config: `${createHash('sha256').update(config).digest('hex')}.json`,
        RepoTags: ['acme/a:1.0'],
        Layers: layers.map((_, i) => `${i}a/layer.tar`),
      },
    ]),
    repositories: json({ 'acme/a': { '1.0': '1a' } }),
  };
}

async function assertLoaded(t: ExecutionContext, store: LocalStore): Promise<void> {
  const record = await store.images.find('acme/a:1.0');
  t.is(record?.id, await image().id());
  const found = await store.images.open(record ?? t.fail());
  for (const [i, layer] of found.layers.entries())
    t.deepEqual(await collect(layer.tar()), await collect(image().layers[i]?.tar() ?? t.fail()));
}

test('what was saved is loaded as the same image under the same name', async (t) => {
  const store = openStore(t, temporaryDir(t));
  const loaded = await loadArchive(Readable.from([await archiveOf(t)]), store);
  t.deepEqual(loaded, [{ names: [NAME], id: await image().id() }]);
  await assertLoaded(t, store);
  t.is((await store.images.find(NAME))?.descriptor.digest, (await image().descriptor()).digest);
});

const compressed = test.macro({
  async exec(t, program: string) {
    const dir = temporaryDir(t);
    writeFileSync(join(dir, 'x.tar'), await archiveOf(t));
    if (program !== 'none') await run(program, ['-q', join(dir, 'x.tar')].slice(program === 'bzip2' ? 1 : 0));
    const suffix = { none: '', gzip: '.gz', zstd: '.zst', xz: '.xz', bzip2: '.bz2' }[program];
    for (const source of [join(dir, `x.tar${suffix}`), readFileStream(join(dir, `x.tar${suffix}`))]) {
      const store = openStore(t, temporaryDir(t));
      await loadArchive(source, store);
      await assertLoaded(t, store);
    }
  },
  title: (_, program) => `an archive compressed with ${program} is loaded from a file and from a pipe`,
});
for (const program of ['none', 'gzip', 'zstd', 'xz', 'bzip2']) test(compressed, program);

test('an archive of an old docker is loaded', async (t) => {
  const store = openStore(t, temporaryDir(t));
  await loadArchive(await tarOf(t, await oldArchive(image())), store);
  await assertLoaded(t, store);
});

test('a manifest that comes before its layers does as well', async (t) => {
  const files = Object.entries(await oldArchive(image())).reverse();
  const store = openStore(t, temporaryDir(t));
  await loadArchive(readFileStream(await tarOf(t, Object.fromEntries(files))), store);
  await assertLoaded(t, store);
});

test('a layer that several images share through a symlink is found', async (t) => {
  const twice = sampleImage([sampleLayer('one'), sampleLayer('one')]);
  const files = { ...(await oldArchive(twice)), '1a/layer.tar': '-> ../0a/layer.tar' };
  const store = openStore(t, temporaryDir(t));
  const [loaded] = await loadArchive(await tarOf(t, files), store);
  t.is(loaded?.id, await twice.id());
});

const squeezed = test.macro({
  async exec(t, compress: (bytes: Buffer) => Uint8Array) {
    const { '0a/layer.tar': first, '1a/layer.tar': second, ...rest } = await oldArchive(image());
    const files = { ...rest, '0a/layer.tar': compress(first as Buffer), '1a/layer.tar': compress(second as Buffer) };
    const store = openStore(t, temporaryDir(t));
    await loadArchive(await tarOf(t, files), store);
    await assertLoaded(t, store);
  },
  title: (name) => `layers of a docker-archive may be ${name}`,
});
test('gzip', squeezed, gzipSync);
test('zstd', squeezed, zstdCompressSync);

/** An OCI layout's files: a manifest for each image, and index.json with these entries. */
async function layoutFiles(
  images: readonly Image[],
  entries: (manifests: readonly Descriptor[]) => unknown[],
  more: Files = {},
): Promise<Files> {
  const files: Record<string, Uint8Array | string> = { 'oci-layout': '{"imageLayoutVersion":"1.0.0"}', ...more };
  const manifests = [];
  for (const one of images) {
    const { config, layers } = await partsOf(one);
    const manifest = await one.manifestBytes();
    for (const bytes of [config, manifest, ...layers]) files[blob(bytes)] = bytes;
    manifests.push(descriptorOf(MEDIA_TYPES.manifest, manifest));
  }
  return { ...files, 'index.json': json({ schemaVersion: 2, manifests: entries(manifests) }) };
}
const named = (descriptor: Descriptor | undefined, name = NAME) => ({ ...descriptor, annotations: { 'io.containerd.image.name': name } });

test('an OCI layout directory is loaded, as a folder and as a tar', async (t) => {
  const dir = join(temporaryDir(t), 'layout');
  await writeLayout([{ image: image(), names: [NAME] }], dir, openStore(t, temporaryDir(t)));
  await run('tar', ['cf', `${dir}.tar`, '-C', dir, '.']);
  for (const source of [dir, `${dir}.tar`]) {
    const store = openStore(t, temporaryDir(t));
    await loadArchive(source, store);
    await assertLoaded(t, store);
  }
});

const other = (): Image => ({ ...sampleImage([sampleLayer('arm')], '/bin/arm') });

test('of an index for several platforms the right image is loaded; attestations are none', async (t) => {
  const platforms = [
    { os: 'linux', architecture: 'arm64' },
    { os: 'linux', architecture: 'amd64' },
    { os: 'unknown', architecture: 'unknown' },
  ];
  const attestation = json({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: descriptorOf('application/vnd.oci.image.config.v1+json', json({})),
    layers: [],
  });
  const files = await layoutFiles([other(), image()], (manifests) => {
    const inner = json({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.index,
      manifests: [...manifests, descriptorOf(MEDIA_TYPES.manifest, attestation)].map((one, i) => ({ ...one, platform: platforms[i] })),
    });
    written[blob(inner)] = inner;
    return [named(descriptorOf(MEDIA_TYPES.index, inner))];
  });
  const all = { ...files, ...written, [blob(attestation)]: attestation };
  const tar = await tarOf(t, all);
  const [store, arm] = [openStore(t, temporaryDir(t)), openStore(t, temporaryDir(t))];
  await loadArchive(tar, store, { platform: { os: 'linux', architecture: 'amd64' } });
  await assertLoaded(t, store);
  const [loaded] = await loadArchive(tar, arm, { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
  t.is(loaded?.id, await other().id());
  await t.throwsAsync(loadArchive(tar, store, { platform: { os: 'linux', architecture: 's390x' } }), {
    code: 'IMAGE_PLATFORM',
    message: /found linux\/arm64, linux\/amd64$/,
  });
});
const written: Record<string, Uint8Array> = {};

test('index.json may itself name one image for several platforms', async (t) => {
  const files = await layoutFiles([other(), image()], ([arm, amd]) => [
    { ...arm, platform: { os: 'linux', architecture: 'arm64' } },
    { ...amd, platform: { os: 'linux', architecture: 'amd64' } },
  ]);
  const loaded = await loadArchive(await tarOf(t, files), openStore(t, temporaryDir(t)), {
    platform: { os: 'linux', architecture: 'amd64' },
  });
  t.deepEqual(loaded, [{ names: [], id: await image().id() }]);
});

test('artifacts beside images are passed over', async (t) => {
  const chart = json({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: descriptorOf('application/vnd.cncf.helm.config.v1+json', json({})),
    layers: [],
  });
  const files = await layoutFiles([image()], (manifests) => [named(manifests[0]), descriptorOf(MEDIA_TYPES.manifest, chart)], {
    [blob(chart)]: chart,
  });
  t.is((await loadArchive(await tarOf(t, files), openStore(t, temporaryDir(t)))).length, 1);
});

const namesFound = test.macro({
  async exec(t, annotations: Readonly<Record<string, string>>, expected: readonly string[]) {
    const files = await layoutFiles([image()], ([manifest]) => [{ ...manifest, annotations }]);
    const [loaded] = await loadArchive(await tarOf(t, files), openStore(t, temporaryDir(t)));
    t.deepEqual(loaded?.names, expected);
  },
  title: (_, annotations) => `annotations ${JSON.stringify(annotations)} give the right name`,
});
test(namesFound, { 'org.opencontainers.image.ref.name': '1.0' }, []);
test(namesFound, { 'org.opencontainers.image.ref.name': 'localhost/acme/a:1.0' }, ['localhost/acme/a:1.0']);
test(namesFound, { 'org.opencontainers.image.ref.name': 'busybox:1.36' }, ['docker.io/library/busybox:1.36']);
test(namesFound, { 'org.opencontainers.image.ref.name': '1.0', 'io.containerd.image.name': 'quay.io/acme/a:1.0' }, ['quay.io/acme/a:1.0']);

test('varve load prints docker’s lines', async (t) => {
  const store = openStore(t, temporaryDir(t));
  const id = await image().id();
  const one = await runCommand(loadCommand, store, { stdin: Readable.from([await archiveOf(t)]) });
  const two = await runCommand(loadCommand, store, { stdin: Readable.from([await archiveOf(t, [])]), values: { quiet: true } });
  t.deepEqual(
    [one, two],
    [
      { code: 0, stdout: 'Loaded image: acme/a:1.0\n' },
      { code: 0, stdout: `Loaded image ID: ${id}\n` },
    ],
  );
});

/** What makes an archive bad, and how that is told. The store then has no image, and what was in it before can still be read. */
const bad = test.macro({
  async exec(t, make: (t: ExecutionContext) => Promise<string>, code: RegExp) {
    const store = openStore(t, temporaryDir(t));
    await store.images.put(sampleImage([sampleLayer('before')]), { names: ['docker.io/acme/before:1'] });
    const path = await make(t);
    for (const source of [path, readFileStream(path)]) {
      const failure = await t.throwsAsync<Error & { code: string }>(loadArchive(source, store));
      t.regex(failure?.code ?? '', code, failure?.stack);
    }
    const records = await store.images.list();
    t.deepEqual(
      records.map(({ names }) => names),
      [['docker.io/acme/before:1']],
    );
    const [layer] = (await store.images.open(records[0] ?? t.fail())).layers;
    t.true((await collect(layer?.tar() ?? t.fail())).length > 2000);
  },
  title: (name) => `bad archive: ${name}`,
});
const file = (content: Uint8Array | string) => async (t: ExecutionContext) => join(filesIn(temporaryDir(t), { x: content }), 'x');

test('nothing at all', bad, file(''), /^ARCHIVE_INVALID$/);
test('text', bad, file('hello, this is no tar\n'.repeat(100)), /^ARCHIVE_INVALID$/);
test('a line of text', bad, file('hello\n'), /^ARCHIVE_INVALID$/);
test('a tar with something else', bad, (t) => tarOf(t, { 'etc/passwd': 'root' }), /^ARCHIVE_INVALID$/);
test('a docker archive from before manifest.json', bad, (t) => tarOf(t, { 'a/json': '{}', repositories: '{}' }), /^ARCHIVE_INVALID$/);
test('broken gzip', bad, file(gzipSync(Buffer.alloc(5000)).subarray(0, 20)), /^COMPRESSION_CORRUPT$/);
test('manifest.json that is no JSON', bad, (t) => tarOf(t, { 'manifest.json': '[{' }), /^ARCHIVE_INVALID$/);
test('manifest.json without images', bad, (t) => tarOf(t, { 'manifest.json': '[]' }), /^ARCHIVE_INVALID$/);
test('manifest.json of another shape', bad, (t) => tarOf(t, { 'manifest.json': '[{"Config":3}]' }), /^ARCHIVE_INVALID$/);
test(
  'a configuration that is not there',
  bad,
  (t) => tarOf(t, { 'manifest.json': '[{"Config":"x.json","Layers":[]}]' }),
  /^ARCHIVE_INVALID$/,
);
test(
  'a path that leaves the archive',
  bad,
  (t) => tarOf(t, { 'manifest.json': '[{"Config":"../../etc/passwd","Layers":[]}]' }),
  /^ARCHIVE_INVALID$/,
);
test(
  'a link that leaves the archive',
  bad,
  async (t) => tarOf(t, { ...(await oldArchive(image())), '0a/layer.tar': '-> ../../../etc/passwd' }),
  /^ARCHIVE_INVALID$/,
);
test(
  'links that go round',
  bad,
  async (t) => tarOf(t, { ...(await oldArchive(image())), '0a/layer.tar': '-> ../1a/layer.tar', '1a/layer.tar': '-> ../0a/layer.tar' }),
  /^ARCHIVE_INVALID$/,
);
test(
  'an impossible name',
  bad,
  async (t) => {
    const { 'manifest.json': rows, ...files } = await oldArchive(image());
    return await tarOf(t, { ...files, 'manifest.json': String(rows).replace('acme/a:1.0', 'Acme//a') });
  },
  /^ARCHIVE_INVALID$/,
);
test(
  'a layer of another image',
  bad,
  async (t) => {
    const { layers } = await partsOf(other());
    return await tarOf(t, { ...(await oldArchive(image())), '0a/layer.tar': layers[0] as Buffer });
  },
  /^BLOB_MISMATCH$/,
);
test('a layer that is no tar', bad, async (t) => tarOf(t, { ...(await oldArchive(image())), '0a/layer.tar': 'text' }), /^ARCHIVE_INVALID$/);
test(
  'a layer that is broken gzip',
  bad,
  async (t) => tarOf(t, { ...(await oldArchive(image())), '0a/layer.tar': gzipSync(Buffer.alloc(5000)).subarray(0, 15) }),
  /^COMPRESSION_CORRUPT$/,
);
test(
  'fewer layers than the configuration says',
  bad,
  async (t) => {
    const { 'manifest.json': rows, ...files } = await oldArchive(image());
    return await tarOf(t, { ...files, 'manifest.json': String(rows).replace(',"1a/layer.tar"', '') });
  },
  /^IMAGE_INVALID$/,
);

const changed = (what: 'manifest' | 'config' | 'layer') => async (t: ExecutionContext) => {
  const { config, layers } = await partsOf(image());
  const manifest = Buffer.from(await image().manifestBytes());
  const original = { manifest, config, layer: layers[0] as Buffer }[what];
  const damaged = Buffer.from(original);
  damaged.write('X', what === 'layer' ? 4000 : original.indexOf('sha256') + 10);
  const files = await layoutFiles([image()], ([one]) => [named(one)]);
  return await tarOf(t, { ...files, [blob(original)]: damaged });
};
test('a manifest blob that was changed', bad, changed('manifest'), /^BLOB_MISMATCH$/);
test('a configuration blob that was changed', bad, changed('config'), /^BLOB_MISMATCH$/);
test('a layer blob that was changed', bad, changed('layer'), /^BLOB_MISMATCH$/);
test(
  'a manifest of another size than its descriptor says',
  bad,
  async (t) => {
    const files = await layoutFiles([image()], ([one]) => [named({ ...(one as Descriptor), size: 3 })]);
    return await tarOf(t, files);
  },
  /^BLOB_MISMATCH$/,
);
test(
  'a layer of another size than its descriptor says',
  bad,
  async (t) => {
    const manifest = JSON.parse(String(await image().manifestBytes()));
    manifest.layers[0].size += 512;
    const bytes = json(manifest);
    const files = await layoutFiles([image()], () => [named(descriptorOf(MEDIA_TYPES.manifest, bytes))], { [blob(bytes)]: bytes });
    return await tarOf(t, files);
  },
  /^BLOB_MISMATCH$/,
);
test(
  'both layers and manifests',
  bad,
  async (t) => {
    const bytes = json({ ...JSON.parse(String(await image().manifestBytes())), manifests: [] });
    return await tarOf(t, await layoutFiles([image()], () => [named(descriptorOf(MEDIA_TYPES.manifest, bytes))], { [blob(bytes)]: bytes }));
  },
  /^IMAGE_INVALID$/,
);
test(
  'an OCI layout of the future',
  bad,
  async (t) =>
    tarOf(
      t,
      await layoutFiles([image()], ([one]) => [named(one)]).then((files) => ({ ...files, 'oci-layout': '{"imageLayoutVersion":"9.0.0"}' })),
    ),
  /^ARCHIVE_INVALID$/,
);
test(
  'a blob that is not there',
  bad,
  async (t) => {
    const { layers } = await partsOf(image());
    const { [blob(layers[1] as Buffer)]: _, ...files } = await layoutFiles([image()], ([one]) => [named(one)]);
    return await tarOf(t, files);
  },
  /^ARCHIVE_INVALID$/,
);

test('an archive that ends too early is refused wherever it ends', async (t) => {
  const whole = await archiveOf(t);
  const dir = temporaryDir(t);
  const store = openStore(t, temporaryDir(t));
  for (let length = 100; length < whole.length - 1024; length += 1009) {
    writeFileSync(join(dir, 'x.tar'), whole);
    truncateSync(join(dir, 'x.tar'), length);
    for (const source of [join(dir, 'x.tar'), readFileStream(join(dir, 'x.tar'))]) {
      const failure = await t.throwsAsync<Error & { code: string }>(loadArchive(source, store));
      t.regex(failure?.code ?? '', /^(?:TAR_[A-Z]+|ARCHIVE_INVALID)$/, `${length}: ${failure?.stack}`);
    }
  }
  t.deepEqual(await store.images.list(), []);
});

test('a file that is not there is ARCHIVE_UNREADABLE', async (t) => {
  await t.throwsAsync(loadArchive('/nowhere/x.tar', openStore(t, temporaryDir(t))), { code: 'ARCHIVE_UNREADABLE' });
});

test('the bytes of a saved archive survive load and save', async (t) => {
  const archive = await archiveOf(t);
  const store = openStore(t, temporaryDir(t));
  await loadArchive(Readable.from([archive]), store);
  const record = await store.images.find(NAME);
  t.deepEqual(await collect(saveImages([{ image: await store.images.open(record ?? t.fail()), names: [NAME] }], store)), archive);
  t.true(readFileSync(store.content.path(record?.id ?? t.fail())).length > 0);
});
