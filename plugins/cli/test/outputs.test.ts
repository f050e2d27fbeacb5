import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isRegistryMissing, registryFor } from '../../registry-hub/test/docker-registry.ts';
import { readOutputs } from '../src/build/read-outputs.ts';
import { BuildBench } from './build-bench.ts';

const simple = { Dockerfile: 'FROM scratch\nCOPY hello.txt /\n', 'hello.txt': 'hello\n' };
const NAMES = ['docker.io/acme/x:1'];
const image = { type: 'image', names: NAMES };
const registry = { type: 'registry', names: NAMES };

const asks = test.macro<[readonly string[], readonly object[]]>({
  exec(t, argv, expected) {
    const outputs = argv.filter((word) => !word.startsWith('--'));
    const wished = { names: NAMES, push: argv.includes('--push'), load: argv.includes('--load') };
    t.deepEqual(JSON.parse(JSON.stringify(readOutputs(outputs, wished).outputs)), expected);
  },
  title: (_, argv) => `-t acme/x:1 ${argv.map((word) => (word.startsWith('--') ? word : `-o ${word}`)).join(' ')}`,
});
test(asks, [], [image]);
test(asks, ['--push'], [image, registry]);
test(asks, ['--load'], [image]);
test(asks, ['out'], [{ type: 'local', dest: 'out' }]);
test(asks, ['./a=b'], [{ type: 'local', dest: './a=b' }]);
test(asks, ['-'], [{ type: 'tar', dest: '-' }]);
test(asks, ['out', '--push'], [{ type: 'local', dest: 'out' }, registry]);
test(asks, ['out', '--load'], [{ type: 'local', dest: 'out' }, image]);
test(asks, ['type=image,push=true'], [image, { ...registry, attributes: {} }]);
test(
  asks,
  ['type=image,name=acme/y', '--push'],
  [
    { type: 'image', names: ['docker.io/acme/y:latest'] },
    { type: 'registry', names: ['docker.io/acme/y:latest'] },
  ],
);
test(
  asks,
  ['type=image,push=true,store=false,compression=gzip,force-compression=true'],
  [{ ...registry, attributes: { compression: 'gzip', 'force-compression': 'true' } }],
);
test(asks, ['type=image,name-canonical=true,unpack=true'], [{ ...image, attributes: { 'name-canonical': 'true' } }]);
test(asks, ['type=image,name=,dangling-name-prefix=x'], [{ type: 'image', names: [], attributes: { 'dangling-name-prefix': 'x' } }]);
test(
  asks,
  ['type=image,name=acme/y,push-by-digest=true,push=true'],
  [
    { type: 'image', names: [] },
    { type: 'registry', names: ['docker.io/acme/y'], attributes: { 'push-by-digest': 'true' } },
  ],
);
test(
  asks,
  ['type=image,name=acme/y,push-by-digest=true,name-canonical=true,push=true'],
  [
    { type: 'image', names: ['docker.io/acme/y'], attributes: { 'name-canonical': 'true' } },
    { type: 'registry', names: ['docker.io/acme/y'], attributes: { 'push-by-digest': 'true' } },
  ],
);
test(
  asks,
  ['type=registry,name=acme/y,push-by-digest=true'],
  [{ type: 'registry', names: ['docker.io/acme/y'], attributes: { 'push-by-digest': 'true' } }],
);
test(asks, ['type=registry'], [{ ...registry, attributes: {} }]);
test(asks, ['type=registry', '--push'], [{ ...registry, attributes: {} }]);
test(asks, ['type=docker'], [image]);
test(asks, ['type=docker,dest=x.tar'], [{ type: 'docker', names: NAMES, attributes: {}, dest: 'x.tar' }]);
test(asks, ['type=oci'], [{ type: 'oci', names: NAMES, attributes: {}, dest: '-' }]);
test(asks, ['type=oci,"dest=a,b.tar",tar=false'], [{ type: 'oci', names: NAMES, attributes: { tar: 'false' }, dest: 'a,b.tar' }]);
test(
  asks,
  ['type=oci,"name=a,b:2",dest=x'],
  [{ type: 'oci', names: ['docker.io/library/a:latest', 'docker.io/library/b:2'], attributes: {}, dest: 'x' }],
);
test(asks, ['type=cacheonly'], []);
test(asks, ['type=tar,dest=x.tar,rewrite-timestamp=true'], [{ type: 'tar', names: NAMES, attributes: {}, dest: 'x.tar' }]);

const refuses = test.macro<[readonly string[], RegExp]>({
  async exec(t, argv, says) {
    using bench = new BuildBench();
    const { code, stderr } = await bench.varve(['build', ...argv, bench.write('context', simple)]);
    t.is(code, 2, stderr);
    t.regex(stderr, says);
    t.false(existsSync(bench.root));
  },
  title: (_, argv) => `${argv.join(' ')} is misuse`,
});
test(refuses, ['--push'], /tag is needed when pushing to registry/);
test(refuses, ['-o', 'type=registry'], /tag is needed when pushing to registry/);
test(refuses, ['-o', '-', '-o', 'type=oci'], /Only one output can go to stdout/);
test(refuses, ['-o', 'type=image,name=x,push-by-digest=true'], /push-by-digest needs push=true/);
test(refuses, ['-o', 'type=image,name=x:1,push-by-digest=true,push=true'], /can't push tagged ref x:1 by digest/);
test(refuses, ['-o', 'type=oci,push-by-digest=true'], /type=oci has no attribute "push-by-digest"/);
test(refuses, ['-o', 'type=image,compresion=zstd'], /no attribute "compresion" \(did you mean compression\?\)/);
test(refuses, ['-o', 'type=image,compression=zstd'], /no compression=zstd without push=true/);
test(refuses, ['-t', `x@sha256:${'0'.repeat(64)}`], /refusing to create a tag with a digest reference/);
test(refuses, ['--allow', 'network.hosts'], /invalid entitlement: "network.hosts" \(did you mean network.host\?\)/);
test(refuses, ['--pull=sometimes'], /--pull/);
test(refuses, ['-o', 'type=oci,name=UPPER'], /repository name must be lowercase/);
test(refuses, ['--annotation', 'index:a=b'], /index annotations not supported for single platform export/);
test(refuses, ['--add-host', 'x:nowhere'], /invalid IP address in add-host: "nowhere"/);

test('several outputs are written, and each is named', async (t) => {
  using bench = new BuildBench();
  const [out, tar, oci] = ['out', 'x.tar', 'oci'].map((name) => join(bench.folder, name));
  const outputs = [`${out}`, `type=tar,dest=${tar}`, `type=oci,tar=false,dest=${oci}`, 'type=image'].flatMap((output) => ['-o', output]);
  const { code, stdout, stderr } = await bench.varve([
    'build',
    '--progress=plain',
    '-t',
    'acme/x',
    ...outputs,
    bench.write('context', simple),
  ]);
  t.is(code, 0, stderr);
  t.regex(stderr, new RegExp(`^Named acme/x:latest\nWrote ${out}\nWrote ${tar}\nWrote ${oci}\n`, 'm'));
  t.deepEqual(readdirSync(out ?? ''), ['hello.txt']);
  t.regex(execFileSync('tar', ['-tf', tar ?? ''], { encoding: 'utf8' }), /^hello\.txt$/m);
  t.is(JSON.parse(readFileSync(join(oci ?? '', 'oci-layout'), 'utf8')).imageLayoutVersion, '1.0.0');
  t.is(await bench.inspect('acme/x', '{{.Id}}'), stdout.trim());
});
test('type=cacheonly keeps nothing but the cache', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', simple);
  t.regex((await bench.varve(['build', '-q', '-o', 'type=cacheonly', context])).stdout, /^sha256:/);
  t.is((await bench.varve(['images', '-aq'])).stdout, '');
  t.is((await bench.varve(['build', '-q', '-t', 'later', context])).code, 0);
  t.is((await bench.varve(['images', '-q'])).stdout.trim().split('\n').length, 1);
});
test('annotations are of the manifest, whoever says them', async (t) => {
  using bench = new BuildBench();
  const oci = join(bench.folder, 'oci');
  const annotations = ['--annotation', 'a=1', '--annotation', 'manifest:b=2', '--annotation', 'manifest[linux/amd64]:c=3'];
  const output = `type=oci,tar=false,dest=${oci},annotation.d=4`;
  const { code, stderr } = await bench.varve(['build', '-q', ...annotations, '-o', output, bench.write('context', simple)]);
  t.is(code, 0, stderr);
  const [manifest] = JSON.parse(readFileSync(join(oci, 'index.json'), 'utf8')).manifests;
  const text = readFileSync(join(oci, 'blobs', manifest.digest.replace(':', '/')), 'utf8');
  t.deepEqual(JSON.parse(text).annotations, { a: '1', b: '2', c: '3', d: '4' });
});

const claim = isRegistryMissing() ? test.skip : test;
const server = isRegistryMissing() ? () => ({ host: '127.0.0.1:1' }) : registryFor(test);
claim('--push takes the image to a registry and keeps it here; the metadata has the manifest that is there', async (t) => {
  using bench = new BuildBench();
  const [name, metadata] = [`${server().host}/acme/pushed:1`, join(bench.folder, 'metadata.json')];
  const context = bench.write('context', simple);
  const argv = ['build', '--progress=plain', '--push', '-t', name, '--metadata-file', metadata, context];
  const { code, stdout, stderr } = await bench.varve(argv);
  t.is(code, 0, stderr);
  t.regex(stderr, new RegExp(`^Named ${name}\nPushed ${name}\n`, 'm'));
  t.is(await bench.inspect(name, '{{.Id}}'), stdout.trim());
  const response = await fetch(`http://${server().host}/v2/acme/pushed/manifests/1`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  t.like(JSON.parse(readFileSync(metadata, 'utf8')), {
    'containerimage.digest': response.headers.get('docker-content-digest'),
    'containerimage.config.digest': stdout.trim(),
    'image.name': name,
  });
});
claim('-o type=registry pushes under its own names and keeps nothing here', async (t) => {
  using bench = new BuildBench();
  const names = ['own:1', 'own:2'].map((name) => `${server().host}/acme/${name}`);
  const { code, stderr } = await bench.varve(['build', '-q', '-o', `type=registry,"name=${names}"`, bench.write('context', simple)]);
  t.is(code, 0, stderr);
  t.is((await bench.varve(['images', '-aq'])).stdout, '');
  const tags = await fetch(`http://${server().host}/v2/acme/own/tags/list`);
  t.deepEqual(((await tags.json()) as { tags: string[] }).tags.sort(), ['1', '2']);
});
claim('push-by-digest leaves the repository without a tag, name-canonical the name with the digest here', async (t) => {
  using bench = new BuildBench();
  const name = `${server().host}/acme/digest`;
  const metadata = join(bench.folder, 'metadata.json');
  const output = `type=image,name=${name},push-by-digest=true,name-canonical=true,push=true`;
  const { code, stderr } = await bench.varve(['build', '-q', '-o', output, '--metadata-file', metadata, bench.write('context', simple)]);
  t.is(code, 0, stderr);
  const digest = JSON.parse(readFileSync(metadata, 'utf8'))['containerimage.digest'];
  const found = await fetch(`http://${name.replace('/', '/v2/')}/manifests/${digest}`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  t.is(found.status, 200);
  const tags = await fetch(`http://${name.replace('/', '/v2/')}/tags/list`);
  t.is(((await tags.json()) as { tags?: string[] | null }).tags ?? undefined, undefined);
  const [here] = (await bench.varve(['images', '--no-trunc', '--digests', '--format', '{{.Digest}}'])).stdout.split('\n');
  t.is((await bench.varve(['build', '-q', '--pull=never', '-'], `FROM ${name}@${here}\n`)).code, 0);
});
claim('--pull says whether base images come from here or from the registry', async (t) => {
  using bench = new BuildBench();
  using elsewhere = new BuildBench();
  const base = `${server().host}/acme/base:1`;
  const publish = (version: string) => elsewhere.varve(['build', '-q', '--push', '-t', base, '-'], `FROM scratch\nLABEL v=${version}\n`);
  const build = async (pull: string, from = base) => {
    const { code, stdout, stderr } = await bench.varve(['build', '-q', pull, '-'], `FROM ${from}\n`);
    return code === 0 ? await bench.inspect(stdout.trim(), '{{.Config.Labels.v}}') : stderr;
  };
  t.is((await publish('old')).code, 0);
  t.regex(await build('--pull=never'), /nothing is to be fetched/);
  t.is((await bench.varve(['pull', '-q', base])).code, 0);
  t.is((await publish('new')).code, 0);
  for (const pull of ['--pull=missing', '--pull=never', '--pull=false', '--pull-never', '--pull=ifmissing'])
    t.is(await build(pull), 'old', pull);
  for (const pull of ['--pull', '--pull=always', '--pull=newer', '--pull=true', '--pull-always']) t.is(await build(pull), 'new', pull);
  const gone = '127.0.0.1:9/acme/gone:1';
  t.is((await bench.varve(['tag', base, gone])).code, 0);
  t.is(await build('--pull=newer', gone), 'old');
  t.regex(await build('--pull=always', gone), /REGISTRY_UNREACHABLE/);
});
claim('a compression that is not done is refused', async (t) => {
  using bench = new BuildBench();
  const output = `type=registry,name=${server().host}/acme/zstd,compression=zstd`;
  const { code, stderr } = await bench.varve(['build', '-q', '-o', output, bench.write('context', simple)]);
  t.is(code, 1);
  t.regex(stderr, /has no compression=zstd[\s\S]*EXPORT_ATTRIBUTE, @varve\/registry-hub/);
});
test('without the registry plugin --push says who is missing', async (t) => {
  using bench = new BuildBench();
  const config = join(bench.write('config', { 'varve.config.json': '{"without":["@varve/registry-hub"]}' }), 'varve.config.json');
  const { code, stderr } = await bench.varve(['--config', config, 'build', '-q', '--push', '-t', 'x', bench.write('context', simple)]);
  t.is(code, 1);
  t.regex(stderr, /No exporter writes outputs of type "registry"[\s\S]*EXPORTER_NONE/);
});
