import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf, MEDIA_TYPES } from '@varve/core/image';
import { attestedIndex, imageOn } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { podman } from './helpers/other-tools.ts';
import { mustRun, run, Workbench } from './helpers/varve.ts';
import { type DockerRegistry, isRegistryMissing, startRegistry } from './registry/docker-registry.ts';

const HOST = process.arch === 'arm64' ? 'arm64' : 'amd64';
const OTHER = HOST === 'arm64' ? 'amd64' : 'arm64';
const BOTH = `linux/${OTHER},linux/${HOST}`;

/** One stage on the host's platform, whose result goes into an image of no other files for each platform. */
const CROSS = [
  'FROM --platform=$BUILDPLATFORM busybox AS build',
  'RUN echo made > /made',
  'FROM scratch',
  'ARG TARGETPLATFORM TARGETARCH TARGETOS BUILDPLATFORM',
  'COPY --from=build /made /made',
  'COPY $TARGETARCH /arch',
  'LABEL target=$TARGETPLATFORM parts=$TARGETOS-$TARGETARCH build=$BUILDPLATFORM',
  '',
].join('\n');

function benchWith(t: ExecutionContext, dockerfile: string): Workbench {
  const bench = new Workbench();
  t.teardown(() => bench[Symbol.dispose]());
  bench.write({ 'context/Dockerfile': dockerfile, 'context/amd64': 'amd64\n', 'context/arm64': 'arm64\n' });
  return bench;
}
async function crossBench(t: ExecutionContext): Promise<Workbench> {
  const bench = benchWith(t, CROSS);
  await bench.importBusybox();
  return bench;
}

interface Index {
  readonly mediaType: string;
  readonly manifests: readonly { readonly digest: string; readonly platform: { readonly os: string; readonly architecture: string } }[];
}
const architecturesOf = ({ manifests }: Index): readonly string[] => manifests.map(({ platform }) => platform.architecture);
const INDEX = 'application/vnd.oci.image.index.v1+json';

test.serial('two platforms become one index, in the order asked for, which is what every result names', async (t) => {
  const bench = await crossBench(t);
  const files = ['--iidfile', bench.path('iid'), '--metadata-file', bench.path('metadata')];
  const archive = bench.path('out.tar');
  const output = ['-o', `type=oci,dest=${archive}`, '-o', 'type=image'];
  const digest = (
    await bench.must([
      'build',
      '-q',
      '--platform',
      `linux/${OTHER}`,
      '--platform',
      `linux/${HOST}`,
      '-t',
      'many',
      ...files,
      ...output,
      'context',
    ])
  ).trim();
  const raw = await mustRun('skopeo', ['inspect', '--raw', `oci-archive:${archive}`]);
  t.deepEqual(architecturesOf(JSON.parse(raw)), [OTHER, HOST]);
  t.is(JSON.parse(raw).mediaType, INDEX);
  const metadata = JSON.parse(readFileSync(bench.path('metadata'), 'utf8'));
  const said = [
    digest,
    readFileSync(bench.path('iid'), 'utf8'),
    metadata['containerimage.digest'],
    metadata['containerimage.descriptor'].digest,
  ];
  t.deepEqual(said, Array(4).fill(digestOf(Buffer.from(raw))));
  t.deepEqual((await bench.must(['images', '-q', '--no-trunc', 'many'])).split('\n'), [digest, '']);
});

test.serial('each platform has its arguments and its files', async (t) => {
  const bench = await crossBench(t);
  await bench.must(['build', '-q', '--platform', BOTH, '-t', 'many', 'context']);
  const labels = '{{.Config.Labels.target}} {{.Config.Labels.parts}} {{.Config.Labels.build}}';
  for (const arch of [OTHER, HOST])
    t.is(await bench.must(['inspect', '--platform', arch, '-f', labels, 'many']), `linux/${arch} linux-${arch} linux/${HOST}\n`);
  await bench.must(['build', '-q', '--platform', BOTH, '-o', bench.path('out'), 'context']);
  for (const arch of [OTHER, HOST]) t.is(readFileSync(bench.path('out', `linux_${arch}`, 'arch'), 'utf8'), `${arch}\n`);
});

test.serial('a stage on the host’s own platform is run once for all', async (t) => {
  const bench = await crossBench(t);
  const { stderr, code } = await bench.varve(['build', '--progress', 'rawjson', '--platform', BOTH, 'context']);
  t.is(code, 0, stderr);
  const events = stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const of = (title: string) =>
    events.filter((event) => event.step?.title.startsWith(title)).map(({ type, platform }) => ({ type, platform }));
  const run = of('RUN');
  t.deepEqual(run.map(({ type }) => type).sort(), ['step-cached', 'step-finished', 'step-started']);
  t.is(new Set(run.map(({ platform }) => platform)).size, 2);
  t.is(of('COPY $TARGETARCH').filter(({ type }) => type === 'step-finished').length, 2);
});

test.serial('progress names the platform in front of the stage, where several are built', async (t) => {
  const bench = await crossBench(t);
  const { stderr } = await bench.varve(['build', '--progress', 'plain', '--platform', BOTH, 'context']);
  for (const line of [`[linux/${HOST} build 1/1] RUN`, `[linux/${HOST}->${OTHER} build 1/1] RUN`, `[linux/${OTHER} stage-1 2/2] COPY`])
    t.true(stderr.includes(line), `${line}\n${stderr}`);
  const single = await bench.varve(['build', '--progress', 'plain', '--platform', `linux/${OTHER}`, 'context']);
  t.false(single.stderr.includes(`[linux/`), single.stderr);
});

test.serial('one platform that fails fails the build, says which, and nothing is named', async (t) => {
  const bench = benchWith(
    t,
    `FROM --platform=$BUILDPLATFORM busybox\nARG TARGETARCH\nRUN echo for $TARGETARCH && test $TARGETARCH != ${OTHER}\n`,
  );
  await bench.importBusybox();
  const { code, stderr } = await bench.varve(['build', '--progress', 'plain', '--platform', BOTH, '-t', 'many', 'context']);
  t.is(code, 1);
  t.regex(stderr, new RegExp(`Error: linux/${OTHER}: .*exit code: 1`));
  t.regex(stderr, />>> RUN echo for/);
  t.is(await bench.must(['images', '-q', 'many']), '');
});

test.serial('RUN for an architecture without an emulator fails before anything is run, and says how one gets it', async (t) => {
  const bench = await crossBench(t);
  bench.write({ 'context/Dockerfile': `${CROSS}RUN ["/made"]\n` });
  const { code, stderr } = await bench.varve(['build', '--progress', 'rawjson', '--platform', `linux/${HOST},linux/mips64`, 'context']);
  t.is(code, 1);
  t.false(stderr.includes('"step-started"'));
  for (const part of [
    'linux/mips64: ',
    `no binfmt_misc handler is registered for mips64`,
    '>>> RUN ["/made"]',
    'apt install qemu-user-static',
  ])
    t.true(stderr.includes(part), part);
  t.regex(stderr, /Dockerfile:8$/m);
});

/** How a program for a big-endian MIPS of 32 bits begins: nothing here runs it, and nobody emulates it unasked. */
const MIPS = Buffer.concat([Buffer.from('7f454c46010201000000000000000000000200080000000100000000', 'hex'), Buffer.alloc(100)]);

/** Lets busybox take programs for that processor, as an emulator would, until the test ends. */
async function emulate(t: ExecutionContext, bench: Workbench): Promise<boolean> {
  const dir = bench.path('binfmt');
  mkdirSync(dir);
  if ((await run('mount', ['-t', 'binfmt_misc', 'none', dir])).code !== 0) return false;
  const handler = join(dir, `varve-test-mips-${process.pid}`);
  t.teardown(async () => {
    if (existsSync(handler)) writeFileSync(handler, '-1');
    await run('umount', [dir]);
  });
  const magic = [...MIPS.subarray(0, 20)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  const interpreter = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);
  writeFileSync(join(dir, 'register'), `:varve-test-mips-${process.pid}:M::${magic}::${interpreter}:F`);
  return true;
}

test.serial('RUN for another architecture works where an emulator is registered', async (t) => {
  const bench = benchWith(t, 'FROM scratch\nCOPY --chmod=755 echo /bin/echo\nRUN ["/bin/echo", "through the emulator"]\n');
  bench.write({ 'context/echo': MIPS });
  if (!(await emulate(t, bench))) return void t.pass('binfmt_misc cannot be mounted here');
  const { code, stderr } = await bench.varve(['build', '--progress=plain', '--platform', 'linux/mips', 'context']);
  t.is(code, 0, stderr);
  t.regex(stderr, /#\d+ [\d.]+ through the emulator/);
});

test.serial('FROM a name of several platforms takes the image that fits', async (t) => {
  const bench = await crossBench(t);
  await bench.must(['build', '-q', '--platform', BOTH, '-t', 'localhost:1/many', 'context']);
  const built = async (dockerfile: string, ...flags: readonly string[]) => {
    bench.write({ 'context/Dockerfile': dockerfile });
    await bench.must(['build', '-q', ...flags, '-t', 'above', 'context']);
    return await bench.must(['inspect', '-f', '{{.Architecture}} {{.Config.Labels.target}}', 'above']);
  };
  t.is(await built('FROM localhost:1/many\n'), `${HOST} linux/${HOST}\n`);
  t.is(await built('FROM localhost:1/many\n', '--platform', OTHER), `${OTHER} linux/${OTHER}\n`);
  t.is(await built(`FROM --platform=linux/${OTHER} localhost:1/many\n`), `${OTHER} linux/${OTHER}\n`);
});

test.serial('tag, history, inspect and rmi work on an index as on an image', async (t) => {
  const bench = await crossBench(t);
  const digest = (await bench.must(['build', '-q', '--platform', BOTH, '-t', 'many', 'context'])).trim();
  await bench.must(['tag', 'many', 'other:2']);
  t.is(await bench.must(['inspect', '-f', '{{.Architecture}} {{.Id}} {{.Descriptor.mediaType}}', digest]), `${HOST} ${digest} ${INDEX}\n`);
  t.regex(await bench.must(['history', '--no-trunc', '--platform', OTHER, 'other:2']), new RegExp(`target=linux/${OTHER}`));
  const usage = (await bench.must(['system', 'df', '--format', '{{.Type}} {{.TotalCount}}'])).split('\n')[0];
  t.is(usage, 'Images 2'); // with busybox
  const refused = await bench.varve(['inspect', '--platform', 's390x', 'many']);
  t.regex(refused.stderr, new RegExp(`found linux/${OTHER}, linux/${HOST}`));
  t.is(await bench.must(['rmi', 'many']), 'Untagged: many:latest\n');
  t.regex(await bench.must(['rmi', 'other:2']), new RegExp(`Untagged: other:2\nDeleted: ${digest}\n`));
  t.is((await bench.must(['images', '-q'])).trim().split('\n').length, 1); // busybox
});

test.serial('an index comes through save and load as it was, and podman reads it', async (t) => {
  t.timeout(180_000);
  const bench = await crossBench(t);
  const digest = (await bench.must(['build', '-q', '--platform', BOTH, '-t', 'localhost/many:1', 'context'])).trim();
  const archive = bench.path('many.tar');
  await bench.must(['save', '-o', archive, 'localhost/many:1']);
  await bench.must(['rmi', 'localhost/many:1']);
  t.is(await bench.must(['load', '-i', archive]), 'Loaded image: localhost/many:1\n');
  t.is(await bench.must(['images', '-q', '--no-trunc', 'localhost/many']), `${digest}\n`);
  t.is(await bench.must(['inspect', '--platform', OTHER, '-f', '{{.Architecture}}', 'localhost/many:1']), `${OTHER}\n`);

  const [row] = JSON.parse(await mustRun('tar', ['-xOf', archive, 'manifest.json']));
  t.is(JSON.parse(await mustRun('tar', ['-xOf', archive, row.Config])).architecture, HOST);
  await podman(bench, ['manifest', 'create', 'copied', `oci-archive:${archive}`, '--all']);
  const copied: Index = JSON.parse(await podman(bench, ['manifest', 'inspect', 'copied']));
  t.deepEqual(architecturesOf(copied), [OTHER, HOST]);
  t.regex(await podman(bench, ['load', '-i', archive]), /localhost\/many:1/);
});

test.serial('what skopeo copied with --all is loaded with all its platforms, or the one asked for', async (t) => {
  const bench = await crossBench(t);
  await bench.must(['build', '-q', '--platform', BOTH, '-o', `type=oci,dest=${bench.path('out.tar')}`, 'context']);
  const archive = bench.path('copied.tar');
  await mustRun('skopeo', ['copy', '-q', '--all', `oci-archive:${bench.path('out.tar')}`, `oci-archive:${archive}:localhost/all:1`]);
  await bench.must(['load', '-i', archive]);
  for (const arch of [OTHER, HOST])
    t.is(await bench.must(['inspect', '--platform', arch, '-f', '{{.Config.Labels.target}}', 'localhost/all:1']), `linux/${arch}\n`);
  await bench.must(['load', '--platform', OTHER, '-i', archive]);
  t.is(
    await bench.must(['inspect', '-f', '{{.Architecture}} {{.Descriptor.mediaType}}', 'localhost/all:1']),
    `${OTHER} application/vnd.oci.image.manifest.v1+json\n`,
  );
});

test.serial('outputs of files have a folder for each platform; docker archives hold one', async (t) => {
  const bench = await crossBench(t);
  const build = (...args: readonly string[]) => bench.varve(['build', '-q', '--platform', BOTH, ...args, 'context']);
  t.is((await build('-o', `type=tar,dest=${bench.path('files.tar')}`)).code, 0);
  const names = (await mustRun('tar', ['-tf', bench.path('files.tar')])).trim().split('\n');
  t.deepEqual(names, [...['amd64', 'arm64'].flatMap((arch) => ['', 'arch', 'made'].map((name) => `linux_${arch}/${name}`))]);
  t.is((await build('-o', `type=local,platform-split=false,dest=${bench.path('flat')}`)).code, 0);
  t.is(readFileSync(bench.path('flat/made'), 'utf8'), 'made\n');
  const refused = await build('-o', `type=docker,dest=${bench.path('docker.tar')}`);
  t.deepEqual([refused.code, existsSync(bench.path('docker.tar'))], [1, false]);
  t.regex(refused.stderr, /EXPORT_SINGLE_PLATFORM/);
});

test.serial('annotations are of the index, of every manifest or of one', async (t) => {
  const bench = await crossBench(t);
  const annotations = ['index:a=1', 'manifest:b=2', `manifest[linux/${OTHER}]:c=3`, 'index,manifest:d=4'].flatMap((one) => [
    '--annotation',
    one,
  ]);
  const layout = bench.path('layout');
  await bench.must(['build', '-q', '--platform', BOTH, ...annotations, '-o', `type=oci,tar=false,dest=${layout}`, 'context']);
  const read = (digest: string) => JSON.parse(readFileSync(join(layout, 'blobs/sha256', digest.slice(7)), 'utf8'));
  const index = read(JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests[0].digest);
  t.deepEqual(index.annotations, { a: '1', d: '4' });
  t.deepEqual(read(index.manifests[0].digest).annotations, { b: '2', c: '3', d: '4' });
  t.deepEqual(read(index.manifests[1].digest).annotations, { b: '2', d: '4' });
});

/** An OCI layout with an index as BuildKit writes it: an attestation for each image. Layers are compressed, as a registry would have them. */
async function attestedLayout(bench: Workbench): Promise<{ readonly archive: string; readonly bytes: Uint8Array }> {
  const { bytes, blobs } = await attestedIndex();
  const all = new Map([...blobs, [digestOf(bytes), bytes]]);
  for (const architecture of ['amd64', 'arm64']) {
    const image = imageOn({ os: 'linux', architecture });
    for (const blob of [await image.manifestBytes(), await image.configBytes()]) all.set(digestOf(blob), blob);
    for (const layer of image.layers) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of layer.tar()) chunks.push(Uint8Array.from(chunk));
      all.set(await layer.diffId(), Buffer.concat(chunks));
    }
  }
  const dir = bench.path('attested');
  mkdirSync(join(dir, 'blobs/sha256'), { recursive: true });
  for (const [digest, blob] of all) writeFileSync(join(dir, 'blobs/sha256', hexOf(digest)), blob);
  const entry = {
    mediaType: INDEX,
    digest: digestOf(bytes),
    size: bytes.length,
    annotations: { 'io.containerd.image.name': 'localhost/attested:1' },
  };
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  const archive = bench.path('attested.tar');
  await mustRun('tar', ['-C', dir, '-cf', archive, '.']);
  return { archive, bytes };
}

test.serial('attestations are no platform to load, inspect and FROM, and go byte for byte where the index goes', async (t) => {
  const bench = benchWith(t, 'FROM localhost/attested:1\n');
  const { archive, bytes } = await attestedLayout(bench);
  const digest = digestOf(bytes);
  t.is(await bench.must(['load', '-i', archive]), 'Loaded image: localhost/attested:1\n');
  t.is(await bench.must(['images', '-q', '--no-trunc']), `${digest}\n`);
  t.is(await bench.must(['inspect', '-f', '{{.Architecture}}', 'localhost/attested:1']), `${HOST}\n`);
  const refused = await bench.varve(['inspect', '--platform', 'unknown/unknown', 'localhost/attested:1']);
  t.regex(refused.stderr, /found linux\/amd64, linux\/arm64/);
  await bench.must(['build', '-q', '--platform', BOTH, '-t', 'above', 'context']);
  t.is(await bench.must(['inspect', '--platform', OTHER, '-f', '{{.Architecture}}', 'above']), `${OTHER}\n`);

  const saved = bench.path('saved.tar');
  await bench.must(['save', '-o', saved, 'localhost/attested:1']);
  const listed = async (file: string) =>
    (await mustRun('tar', ['-tf', file]))
      .split('\n')
      .filter((name) => /blobs\/sha256\/./.test(name))
      .map((name) => name.replace(/^\.\//, ''))
      .sort();
  t.deepEqual(await listed(saved), await listed(archive));
  for (const name of await listed(saved))
    t.deepEqual(await mustRun('tar', ['-xOf', saved, name]), await mustRun('tar', ['-xOf', archive, `./${name}`]), name);
  await bench.must(['rmi', 'localhost/attested:1', 'above']);
  t.deepEqual(await bench.must(['images', '-q']), '');
});

async function registryFor(t: ExecutionContext, bench: Workbench): Promise<DockerRegistry> {
  const registry = await startRegistry(bench.path('registry'));
  t.teardown(() => registry[Symbol.asyncDispose]());
  return registry;
}
const rawOf = (name: string) => mustRun('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${name}`]);
const onRegistry = isRegistryMissing ? test.skip : test.serial;

onRegistry('an index is pushed whole, by a build or later, and each platform is found there', async (t) => {
  const bench = await crossBench(t);
  const { host } = await registryFor(t, bench);
  const name = `${host}/acme/many`;
  await bench.must([
    'build',
    '-q',
    '--platform',
    BOTH,
    '-t',
    `${name}:built`,
    '--push',
    '--metadata-file',
    bench.path('metadata'),
    'context',
  ]);
  const raw = await rawOf(`${name}:built`);
  t.deepEqual(architecturesOf(JSON.parse(raw)), [OTHER, HOST]);
  t.is(JSON.parse(readFileSync(bench.path('metadata'), 'utf8'))['containerimage.digest'], digestOf(Buffer.from(raw)));
  const docker = `type=registry,name=${name}:docker,oci-mediatypes=false`;
  await bench.must(['build', '-q', '--platform', BOTH, '-o', docker, 'context']);
  const list = JSON.parse(await rawOf(`${name}:docker`));
  const types = [list.mediaType, ...list.manifests.map(({ mediaType }: { readonly mediaType: string }) => mediaType)];
  t.deepEqual(types, [MEDIA_TYPES.dockerList, MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerManifest]);
  t.is(JSON.parse(await rawOf(`${name}@${list.manifests[0].digest}`)).layers[0].mediaType, MEDIA_TYPES.dockerLayerGzip);
  await bench.must(['build', '-q', '--platform', BOTH, '-t', `${name}:1`, 'context']);
  t.regex(await bench.must(['push', `${name}:1`]), new RegExp(`1: digest: ${digestOf(Buffer.from(await rawOf(`${name}:1`)))} `));
  await bench.must(['push', '--platform', OTHER, `${name}:1`, `${name}:single`]);
  t.is(JSON.parse(await rawOf(`${name}:single`)).config.mediaType, 'application/vnd.oci.image.config.v1+json');

  using other = new Workbench();
  for (const arch of [OTHER, HOST]) {
    await other.must(['pull', '-q', '--platform', arch, `${name}:1`]);
    t.is(await other.must(['inspect', '-f', '{{.Config.Labels.target}}', `${name}:1`]), `linux/${arch}\n`);
  }
});

onRegistry('an index with attestations whose layers are compressed keeps its bytes from registry to archive to registry', async (t) => {
  const bench = benchWith(t, 'FROM scratch\n');
  const { host } = await registryFor(t, bench);
  const { archive } = await attestedLayout(bench);
  // a registry's form: layers compressed, and everything that follows from it
  await mustRun('skopeo', [
    'copy',
    '-q',
    '--all',
    '--dest-compress',
    '--dest-tls-verify=false',
    `oci-archive:${archive}`,
    `docker://${host}/acme/a:1`,
  ]);
  await mustRun('skopeo', [
    'copy',
    '-q',
    '--all',
    '--src-tls-verify=false',
    `docker://${host}/acme/a:1`,
    `oci-archive:${bench.path('a.tar')}:localhost/a:1`,
  ]);
  await bench.must(['load', '-i', bench.path('a.tar')]);
  await bench.must(['push', 'localhost/a:1', `${host}/acme/b:1`]);
  const raw = await rawOf(`${host}/acme/b:1`);
  t.is(raw, await rawOf(`${host}/acme/a:1`));
  const index: Index = JSON.parse(raw);
  t.is(index.manifests.length, 4);
  for (const { digest } of index.manifests) t.is(await rawOf(`${host}/acme/b@${digest}`), await rawOf(`${host}/acme/a@${digest}`));
});
