import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asLayerID, digestOf, type Image } from '@varve/core/image';
import { entry, fixtureLayer, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { loadArchive } from '../src/load-archive.ts';
import { saveCommand } from '../src/save-command.ts';
import { writeLayout } from '../src/write-layout.ts';
import { isMissing, openStore, run, runCommand, sampleImage, sampleLayer } from './archive-bench.ts';

type Body = (t: ExecutionContext) => Promise<void>;
/** A test that needs programs of the host; without them it is skipped, and says so. */
function claim(title: string, programs: readonly string[], body: Body): void {
  const missing = programs.filter((program) => (program === 'root' ? process.getuid?.() !== 0 : isMissing(program)));
  if (missing.length > 0) test.skip(`${title} (skipped: needs ${missing.join(', ')})`, (t) => t.pass());
  else test.serial(title, body);
}

const NAME = 'docker.io/acme/a:1.0';
const image = (): Image => {
  const above = fixtureLayer(asLayerID(digestOf('above')), [
    entry.dir('etc'),
    entry.whiteout('etc/one'),
    entry.file('etc/two', 10, { mode: 0o4755, uid: 7 }),
  ]);
  return sampleImage([sampleLayer('one'), above]);
};
const diffIds = async (): Promise<readonly unknown[]> => await Promise.all(image().layers.map((layer) => layer.diffId()));

/** `varve save acme/a:1.0` in a folder of its own; its path. */
async function savedFile(t: ExecutionContext): Promise<string> {
  const store = openStore(t, temporaryDir(t));
  await store.images.put(image(), { names: [NAME] });
  const file = join(temporaryDir(t), 'x.tar');
  await runCommand(saveCommand, store, { values: { output: file }, positionals: ['acme/a:1.0'] });
  return file;
}

/** podman with a store of its own: no root of the host's is touched. */
function podmanIn(t: ExecutionContext): (...args: readonly string[]) => Promise<string> {
  const dir = temporaryDir(t);
  const own = ['--root', join(dir, 'root'), '--runroot', join(dir, 'run'), '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs'];
  return (...args) => run('podman', [...own, ...args]);
}

for (const transport of ['docker-archive', 'oci-archive'])
  claim(`skopeo inspects what was saved as ${transport}, with the same layers and configuration`, ['skopeo'], async (t) => {
    const file = await savedFile(t);
    const seen = JSON.parse(await run('skopeo', ['inspect', `${transport}:${file}`]));
    t.deepEqual(seen.Layers, await diffIds());
    const config = await run('skopeo', ['inspect', '--raw', '--config', `${transport}:${file}`]);
    t.is(config, Buffer.from(await image().configBytes()).toString());
  });

claim('umoci unpacks what was saved', ['umoci'], async (t) => {
  const file = await savedFile(t);
  const dir = temporaryDir(t);
  mkdirSync(join(dir, 'layout'));
  await run('tar', ['xf', file, '-C', join(dir, 'layout')]);
  const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
  await run('umoci', ['unpack', ...rootless, '--image', `${join(dir, 'layout')}:1.0`, join(dir, 'bundle')]);
  t.deepEqual(readdirSync(join(dir, 'bundle/rootfs/etc')), ['two']);
});

claim('podman loads what was saved, with the same ID', ['root', 'podman'], async (t) => {
  const podman = podmanIn(t);
  t.regex(await podman('load', '--quiet', '--input', await savedFile(t)), /Loaded image.*acme\/a:1\.0/);
  t.is((await podman('images', '--quiet', '--no-trunc')).trim(), await image().id());
});

for (const format of ['docker-archive', 'oci-archive', 'oci-dir'])
  claim(`what podman saves as ${format} is loaded with the same ID and name`, ['root', 'podman'], async (t) => {
    const podman = podmanIn(t);
    const id = await image().id();
    await podman('load', '--quiet', '--input', await savedFile(t));
    await podman('tag', id.slice(7), 'quay.io/acme/b:2');
    const out = join(temporaryDir(t), 'out');
    await podman('save', '--quiet', '--format', format, '--output', `${out}-id`, id.slice(7));
    await podman('save', '--quiet', '--format', format, '--output', `${out}-name`, 'quay.io/acme/b:2');
    const store = openStore(t, temporaryDir(t));
    t.is((await loadArchive(`${out}-id`, store))[0]?.id, id);
    t.deepEqual(await loadArchive(`${out}-name`, store), [{ names: ['quay.io/acme/b:2'], id }]);
  });

const copies: readonly (readonly [(path: string) => string, readonly string[]])[] = [
  [(path) => `docker-archive:${path}:acme/b:3`, ['docker.io/acme/b:3']],
  [(path) => `oci-archive:${path}:quay.io/acme/b:3`, ['quay.io/acme/b:3']],
  [(path) => `oci:${path}:v3`, []],
];
for (const [to, names] of copies)
  claim(`what skopeo copies to ${to('x')} is loaded with the same layers`, ['skopeo'], async (t) => {
    const copy = join(temporaryDir(t), 'copy');
    await run('skopeo', ['copy', '--quiet', `oci-archive:${await savedFile(t)}`, to(copy)]);
    const store = openStore(t, temporaryDir(t));
    const [loaded] = await loadArchive(copy, store);
    t.deepEqual(loaded?.names, names);
    const record = await store.images.find(loaded?.id ?? t.fail());
    const { layers } = await store.images.open(record ?? t.fail());
    t.deepEqual(await Promise.all(layers.map(async (layer): Promise<unknown> => await layer.diffId())), await diffIds());
  });

claim('a layout that is written twice holds both images, and others can read it', ['skopeo', 'umoci'], async (t) => {
  const dir = join(temporaryDir(t), 'layout');
  const store = openStore(t, temporaryDir(t));
  await writeLayout([{ image: image(), names: [NAME] }], dir, store);
  await writeLayout([{ image: sampleImage([sampleLayer('one')]), names: ['docker.io/acme/a:2.0'] }], dir, store);
  await writeLayout([{ image: sampleImage([sampleLayer('one')], '/bin/true'), names: ['docker.io/acme/a:2.0'] }], dir, store);
  t.is((await run('umoci', ['list', '--layout', dir])).trim(), '1.0\n2.0');
  t.deepEqual(JSON.parse(await run('skopeo', ['inspect', '--config', `oci:${dir}:2.0`])).config.Cmd, ['/bin/true']);
  t.is(JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')).manifests.length, 2);
});
