import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildInfo, Exporter, ExportRequest } from '@varve/core';
import { asLayerID, digestOf, type Image, MEDIA_TYPES, makeIndex } from '@varve/core/image';
import { AMD64, ARM64, entry, fixtureLayer, imageOn, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { imageExporter } from '../src/image-exporter.ts';
import { loadArchive } from '../src/load-archive.ts';
import { localExporter, tarExporter } from '../src/rootfs-exporter.ts';
import { openStore, run, sampleImage, sampleLayer } from './archive-bench.ts';

/** etc/{new -> motd's bytes, link}, without what the upper layer removed. */
const image = (): Image => {
  const below = fixtureLayer(asLayerID(digestOf('below')), [entry.dir('etc'), entry.file('etc/gone', 10), entry.file('etc/kept', 20)]);
  const above = fixtureLayer(asLayerID(digestOf('above')), [
    entry.dir('etc'),
    entry.whiteout('etc/gone'),
    entry.symlink('etc/link', '/outside'),
    entry.file('etc/set', 5, { mode: 0o4711 }),
  ]);
  return sampleImage([below, above]);
};

const build = { signal: undefined } as unknown as BuildInfo; // exporters look at nothing else
const exported = (exporter: Exporter, request: Partial<ExportRequest>, from = image()) =>
  exporter.export(from, { type: exporter.name, ...request }, build);
const exporters = (t: ExecutionContext) => {
  const store = openStore(t, temporaryDir(t));
  return { oci: imageExporter('oci', store), docker: imageExporter('docker', store) };
};

test('type=oci writes an OCI archive and nothing of docker’s', async (t) => {
  const dest = join(temporaryDir(t), 'x.tar');
  const { descriptor } = await exported(exporters(t).oci, { dest, names: ['acme/a'] });
  t.is(descriptor?.digest, (await image().descriptor()).digest);
  t.false((await run('tar', ['tf', dest])).includes('manifest.json'));
  t.deepEqual(await loadArchive(dest, openStore(t, temporaryDir(t))), [{ names: ['docker.io/acme/a:latest'], id: await image().id() }]);
});

test('type=docker writes manifest.json too', async (t) => {
  const dest = join(temporaryDir(t), 'x.tar');
  await exported(exporters(t).docker, { dest, names: ['acme/a:1'] });
  t.deepEqual(JSON.parse(await run('tar', ['xOf', dest, 'manifest.json']))[0].RepoTags, ['acme/a:1']);
});

test('oci-mediatypes=false writes docker’s media types, for one image and for an index', async (t) => {
  const dir = temporaryDir(t);
  const { oci } = exporters(t);
  const attributes = { 'oci-mediatypes': 'false', tar: 'false' };
  const one = await exported(oci, { dest: join(dir, 'one'), attributes });
  const images = [AMD64, ARM64].map((platform) => ({ platform, image: imageOn(platform) }));
  const many = await oci.exportIndex?.(makeIndex(images), { type: 'oci', dest: join(dir, 'many'), attributes }, build);
  const read = (from: string, digest = '') => JSON.parse(readFileSync(join(dir, from, 'blobs/sha256', digest.slice(7)), 'utf8'));
  const manifest = read('one', one.descriptor?.digest);
  const index = read('many', many?.descriptor?.digest);
  t.deepEqual(
    [manifest.mediaType, manifest.config.mediaType, ...manifest.layers.map((layer: { readonly mediaType: string }) => layer.mediaType)],
    [MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerConfig, MEDIA_TYPES.dockerLayer, MEDIA_TYPES.dockerLayer],
  );
  t.deepEqual(
    [index.mediaType, ...index.manifests.map(({ mediaType }: { readonly mediaType: string }) => mediaType)],
    [MEDIA_TYPES.dockerList, MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerManifest],
  );
});

test('tar=false writes a layout directory', async (t) => {
  const dest = join(temporaryDir(t), 'layout');
  await exported(exporters(t).oci, { dest, attributes: { tar: 'false' } });
  t.deepEqual(readdirSync(dest), ['blobs', 'index.json', 'oci-layout']);
});

test('type=tar writes the root filesystem without what upper layers removed', async (t) => {
  const dest = join(temporaryDir(t), 'x.tar');
  await exported(tarExporter, { dest });
  t.deepEqual((await run('tar', ['tf', dest])).trim().split('\n'), ['etc/', 'etc/kept', 'etc/link', 'etc/set']);
});

test('type=local makes a directory of the root filesystem', async (t) => {
  const dest = join(temporaryDir(t), 'new/rootfs');
  await exported(localExporter, { dest });
  t.deepEqual(readdirSync(join(dest, 'etc')), ['kept', 'link', 'set']);
  t.is(lstatSync(join(dest, 'etc/set')).mode & 0o7777, 0o4711);
  t.deepEqual(readdirSync(join(dest, '..')), ['rootfs']);
});

test('a directory that is there keeps its other files, and its symlinks are not followed', async (t) => {
  const dir = temporaryDir(t);
  const dest = join(dir, 'rootfs');
  mkdirSync(join(dir, 'outside'));
  mkdirSync(dest);
  writeFileSync(join(dest, 'own'), 'mine');
  symlinkSync(join(dir, 'outside'), join(dest, 'etc'));
  await exported(localExporter, { dest });
  t.is(readFileSync(join(dest, 'own'), 'utf8'), 'mine');
  t.deepEqual(readdirSync(join(dir, 'outside')), []);
  t.true(lstatSync(join(dest, 'etc')).isDirectory());
});

const refused = test.macro({
  async exec(t, type: 'oci' | 'tar' | 'local', request: Partial<ExportRequest>, code: string) {
    const exporter = { oci: exporters(t).oci, tar: tarExporter, local: localExporter }[type];
    await t.throwsAsync(exported(exporter, request), { code });
  },
  title: (_, type, request, code) => `type=${type} with ${JSON.stringify(request)} is ${code}`,
});
test(refused, 'local', {}, 'EXPORT_DEST');
test(refused, 'oci', { attributes: { tar: 'false' } }, 'EXPORT_DEST');
test(refused, 'oci', { dest: '/nowhere/x', attributes: { tar: 'maybe' } }, 'EXPORT_ATTRIBUTE');
test(refused, 'oci', { dest: '/nowhere/x', attributes: { colour: 'red' } }, 'EXPORT_ATTRIBUTE');
test(refused, 'tar', { dest: '/nowhere/x' }, 'OUTPUT_FAILED');

test('a root filesystem that cannot be written leaves nothing', async (t) => {
  const dir = temporaryDir(t);
  const broken = {
    ...sampleLayer('x'),
    contents: async () => () => {
      throw new Error('unreadable');
    },
  };
  await t.throwsAsync(exported(localExporter, { dest: join(dir, 'rootfs') }, sampleImage([broken])));
  t.false(existsSync(join(dir, 'rootfs')));
  t.deepEqual(readdirSync(dir), []);
});
