import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { asDiffID, descriptorOf, digestOf, foreignImage, hexOf, MEDIA_TYPES, makeImage } from '@varve/core/image';
import { sha512Image, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import type { LocalStore } from '../../store-local/src/local-store.ts';
import { loadCommand } from '../src/load-command.ts';
import { writeOutput } from '../src/output.ts';
import { saveCommand } from '../src/save-command.ts';
import { saveImages } from '../src/save-images.ts';
import { collect, openStore, run, runCommand, sampleImage, sampleLayer } from './archive-bench.ts';

/** A store with acme/a:1.0 and acme/a:2.0, which share a layer. */
async function filledStore(t: ExecutionContext): Promise<LocalStore> {
  const store = openStore(t, temporaryDir(t));
  await store.images.put(sampleImage([sampleLayer('one'), sampleLayer('two')]), { names: ['docker.io/acme/a:1.0'] });
  await store.images.put(sampleImage([sampleLayer('one'), sampleLayer('three')]), { names: ['docker.io/acme/a:2.0'] });
  return store;
}

/** `varve save` to a file that is unpacked; its directory. */
async function saved(t: ExecutionContext, store: LocalStore, names: readonly string[]): Promise<string> {
  const dir = temporaryDir(t);
  const file = join(dir, 'x.tar');
  await runCommand(saveCommand, store, { values: { output: file }, positionals: names });
  mkdirSync(join(dir, 'unpacked'));
  await run('tar', ['xf', file, '-C', join(dir, 'unpacked')]);
  return join(dir, 'unpacked');
}
const json = (dir: string, path: string) => JSON.parse(readFileSync(join(dir, path), 'utf8'));

test('an archive is an OCI layout and a docker-archive at once', async (t) => {
  const dir = await saved(t, await filledStore(t), ['acme/a:1.0']);
  t.deepEqual(json(dir, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
  const [entry] = json(dir, 'index.json').manifests;
  t.deepEqual(entry.annotations, { 'io.containerd.image.name': 'docker.io/acme/a:1.0', 'org.opencontainers.image.ref.name': '1.0' });
  const manifest = json(dir, `blobs/sha256/${entry.digest.slice(7)}`);
  const [row] = json(dir, 'manifest.json');
  t.is(row.Config, `blobs/sha256/${manifest.config.digest.slice(7)}`);
  t.deepEqual(row.RepoTags, ['acme/a:1.0']);
  t.deepEqual(
    row.Layers,
    manifest.layers.map(({ digest }: { digest: string }) => `blobs/sha256/${digest.slice(7)}`),
  );
});

test('every blob has the digest that it is named by', async (t) => {
  const dir = await saved(t, await filledStore(t), ['acme/a']);
  const names = readdirSync(join(dir, 'blobs/sha256'));
  t.deepEqual(
    names.map((name) =>
      createHash('sha256')
        .update(readFileSync(join(dir, 'blobs/sha256', name)))
        .digest('hex'),
    ),
    names,
  );
});

test('a repository without a tag is saved with all its tags, and a layer that they share once', async (t) => {
  const dir = await saved(t, await filledStore(t), ['acme/a']);
  const rows = json(dir, 'manifest.json');
  t.deepEqual(
    rows.map((row: { RepoTags: string[] }) => row.RepoTags),
    [['acme/a:1.0'], ['acme/a:2.0']],
  );
  t.is(rows[0].Layers[0], rows[1].Layers[0]);
  t.is(readdirSync(join(dir, 'blobs/sha256')).length, 3 + 2 + 2); // layers, configurations, manifests
});

test('an image that is saved by its ID has no name in the archive', async (t) => {
  const store = await filledStore(t);
  const record = await store.images.find('acme/a:1.0');
  const dir = await saved(t, store, [(record?.id ?? '').slice(7, 19)]);
  t.is(json(dir, 'manifest.json')[0].RepoTags, null);
  t.is(json(dir, 'index.json').manifests[0].annotations, undefined);
});

test('an image that is named twice is in the archive once, with both names', async (t) => {
  const store = await filledStore(t);
  const record = await store.images.find('acme/a:1.0');
  await store.images.tag(record ?? t.fail(), 'docker.io/acme/b:latest');
  const dir = await saved(t, store, ['acme/a:1.0', 'acme/b']);
  t.deepEqual(
    json(dir, 'manifest.json').map((row: { RepoTags: string[] }) => row.RepoTags),
    [['acme/a:1.0', 'acme/b:latest']],
  );
});

test('an image without layers can be saved', async (t) => {
  const store = openStore(t, temporaryDir(t));
  await store.images.put(sampleImage([]), { names: ['docker.io/acme/empty:latest'] });
  const dir = await saved(t, store, ['acme/empty']);
  t.deepEqual(json(dir, 'manifest.json')[0].Layers, []);
});

test('equal images give equal bytes, from whatever store', async (t) => {
  const [one, two] = [await filledStore(t), await filledStore(t)];
  const archives = [];
  for (const store of [one, two]) archives.push((await runCommand(saveCommand, store, { positionals: ['acme/a'] })).stdout);
  t.true((archives[0]?.length ?? 0) > 3 * 2000);
  t.is(archives[0], archives[1]);
});

test('GNU tar lists the archive without a complaint', async (t) => {
  const store = await filledStore(t);
  const file = join(temporaryDir(t), 'x.tar');
  await runCommand(saveCommand, store, { values: { output: file }, positionals: ['acme/a:1.0'] });
  const listing = await run('tar', ['tvf', file, '--full-time', '--utc']);
  t.true(
    listing
      .split('\n')
      .filter(Boolean)
      .every((line) => / 0\/0 .* 1970-01-01 00:00:00 /.test(line)),
  );
});

test('a layer that the store has in another form than the manifest says is saved as plain tar', async (t) => {
  const store = await filledStore(t);
  const layer = (await store.images.open((await store.images.find('acme/a:1.0')) ?? t.fail())).layers[0] ?? t.fail();
  const diffId = asDiffID(await layer.diffId());
  const configBytes = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', config: {}, rootfs: { type: 'layers', diff_ids: [diffId] } }),
  );
  const gone = { mediaType: MEDIA_TYPES.layerGzip, digest: descriptorOf('', Buffer.from('gone')).digest, size: 4 };
  const manifestBytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config: descriptorOf(MEDIA_TYPES.config, configBytes),
      layers: [gone],
    }),
  );
  const image = foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.manifest, layers: [layer] });
  const archive = await collect(saveImages([{ image, names: [] }], store));
  t.true(archive.includes(`blobs/sha256/${hexOf(diffId)}\0`));
  t.false(archive.includes(gone.digest));
});

test('a name that is not there is IMAGE_UNKNOWN, and no file is left', async (t) => {
  const dir = temporaryDir(t);
  await t.throwsAsync(
    runCommand(saveCommand, await filledStore(t), { values: { output: join(dir, 'x.tar') }, positionals: ['acme/none'] }),
    { code: 'IMAGE_UNKNOWN' },
  );
  t.deepEqual(readdirSync(dir), []);
});

test('a blob that was damaged in the store is BLOB_CORRUPT, and the file that was there stays', async (t) => {
  const store = await filledStore(t);
  const image = await store.images.open((await store.images.find('acme/a:1.0')) ?? t.fail());
  const path = store.content.path((await image.layers[0]?.diffId()) ?? t.fail());
  writeFileSync(path, readFileSync(path).fill(1, 600, 700));
  const dir = temporaryDir(t);
  writeFileSync(join(dir, 'x.tar'), 'before');
  await t.throwsAsync(runCommand(saveCommand, store, { values: { output: join(dir, 'x.tar') }, positionals: ['acme/a:1.0'] }), {
    code: 'BLOB_CORRUPT',
  });
  t.deepEqual([readdirSync(dir), readFileSync(join(dir, 'x.tar'), 'utf8')], [['x.tar'], 'before']);
});

const nothing = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from('bytes');
};

test('an archive is not written to a terminal', async (t) => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  await t.throwsAsync(writeOutput('-', nothing(), { stdout: terminal }), { code: 'OUTPUT_TERMINAL' });
});

const refused = test.macro({
  async exec(t, dest: string, message: RegExp) {
    const dir = temporaryDir(t);
    mkdirSync(join(dir, 'folder'));
    await t.throwsAsync(writeOutput(join(dir, dest), nothing(), { stdout: new PassThrough() }), { code: 'OUTPUT_FAILED', message });
    t.deepEqual(readdirSync(dir), ['folder']);
  },
  title: (_, dest) => `a file cannot be written at ${dest}: OUTPUT_FAILED, and nothing is left`,
});
test(refused, 'folder', /it is a folder/);
test(refused, 'none/x.tar', /ENOENT/);

test('a full disk is OUTPUT_FAILED', async (t) => {
  const endless = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) yield Buffer.alloc(65536);
  };
  await t.throwsAsync(writeOutput('/dev/full', endless(), { stdout: new PassThrough() }), { code: 'OUTPUT_FAILED', message: /ENOSPC/ });
});
test('a reader of stdout that stops early is no mistake of ours', async (t) => {
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(gone) });
  const archive = Readable.from([Buffer.from('x')]);
  await t.throwsAsync(writeOutput('-', archive, { stdout }), { code: 'OUTPUT_FAILED', message: /whoever reads it has stopped/ });
});

test('a symlink that is written through stays a symlink', async (t) => {
  const dir = temporaryDir(t);
  writeFileSync(join(dir, 'real'), '');
  symlinkSync('real', join(dir, 'link'));
  await writeOutput(join(dir, 'link'), nothing(), { stdout: new PassThrough() });
  t.deepEqual([readdirSync(dir), readFileSync(join(dir, 'real'), 'utf8')], [['link', 'real'], 'bytes']);
});

test('what is aborted leaves no file', async (t) => {
  const dir = temporaryDir(t);
  const controller = new AbortController();
  const slow = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.alloc(10);
    controller.abort(new Error('enough'));
    for (;;) yield Buffer.alloc(10);
  };
  await t.throwsAsync(writeOutput(join(dir, 'x.tar'), slow(), { stdout: new PassThrough(), signal: controller.signal }));
  t.deepEqual(readdirSync(dir), []);
});

test('a layer that exists nowhere yet is written as tar on the way', async (t) => {
  const store = openStore(t, temporaryDir(t));
  const image = makeImage({ config: { os: 'linux', architecture: 'amd64', config: {}, history: [] }, layers: [sampleLayer('new')] });
  const archive = await collect(saveImages([{ image, names: [] }], store));
  t.true(archive.includes(`blobs/sha256/${hexOf((await image.layers[0]?.diffId()) ?? t.fail())}`));
  t.true(existsSync(store.content.path((await image.layers[0]?.diffId()) ?? t.fail())));
});

test('an image with sha512 digests is saved under them, and loaded with them from a tar, a stream and a directory', async (t) => {
  const store = openStore(t, temporaryDir(t));
  const { image } = await sha512Image(sampleImage([sampleLayer('one'), sampleLayer('two')]), store.layers);
  const { descriptor, id } = await store.images.put(image, { names: ['docker.io/acme/a:1.0'] });
  const dir = await saved(t, store, ['acme/a:1.0']);
  t.is(json(dir, 'index.json').manifests[0].digest, descriptor.digest);
  t.is(json(dir, 'manifest.json')[0].Config, `blobs/sha512/${hexOf(id)}`);
  const names = readdirSync(join(dir, 'blobs/sha512'));
  t.deepEqual(
    names.map((name) => hexOf(digestOf(readFileSync(join(dir, 'blobs/sha512', name)), 'sha512'))),
    names,
  );
  t.deepEqual(readdirSync(join(dir, 'blobs/sha256')), []);
  for (const [input, stdin] of [[dir], [join(dir, '../x.tar')], [undefined, createReadStream(join(dir, '../x.tar'))]] as const) {
    const other = openStore(t, temporaryDir(t));
    await runCommand(loadCommand, other, { values: { ...(input !== undefined && { input }) }, ...(stdin && { stdin }) });
    const record = await other.images.find('acme/a:1.0');
    t.deepEqual([record?.descriptor, record?.id], [descriptor, id]);
    for (const layer of (record && (await other.images.open(record)).layers) ?? [])
      t.is((await collect(layer.tar())).length, await layer.size());
  }
});

test('a blob of a layout that is not what its sha512 says is refused', async (t) => {
  const store = openStore(t, temporaryDir(t));
  const { image } = await sha512Image(sampleImage([sampleLayer('one')]), store.layers);
  const { id } = await store.images.put(image, { names: ['docker.io/acme/a:1.0'] });
  const dir = await saved(t, store, ['acme/a:1.0']);
  const file = join(dir, 'blobs/sha512', hexOf(id));
  writeFileSync(file, readFileSync(file).fill('x', 20, 21));
  await t.throwsAsync(runCommand(loadCommand, openStore(t, temporaryDir(t)), { values: { input: dir } }), { code: 'BLOB_MISMATCH' });
});
