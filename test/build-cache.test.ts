import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { isRegistryMissing, registryFor } from '../plugins/registry-hub/test/docker-registry.ts';
import { cachedSteps } from './helpers/cached-steps.ts';
import { mustRun, type Outcome, Workbench } from './helpers/varve.ts';

const registryTest = isRegistryMissing() ? test.skip : test.serial;
const registry = isRegistryMissing() ? () => ({ host: '', blobFile: () => '' }) : registryFor(test);

/** Stages beside each other, a base from a registry, and every kind of step that makes a layer. */
const dockerfile = (base: string) =>
  [
    `FROM ${base} AS base`,
    'WORKDIR /work',
    'COPY source /work/source',
    'FROM base AS tool',
    'RUN cat /proc/sys/kernel/random/uuid > /tool',
    'FROM base AS unneeded',
    'RUN echo unneeded > /unneeded',
    'FROM base',
    'ARG version',
    'COPY --from=tool /tool /tool',
    'COPY <<file /file',
    'here',
    'file',
    'RUN <<script',
    'cat /proc/sys/kernel/random/uuid > /made',
    'script',
    'ENV version=$version',
    'CMD ["cat", "/made"]',
    '',
  ].join('\n');
const OF_IMAGE = ['WORKDIR /work', 'COPY source /work/source', 'COPY --from=tool /tool /tool', 'COPY <<file /file', 'RUN <<script'];
const OF_TOOL = 'RUN cat /proc/sys/kernel/random/uuid > /tool';

/** Two machines: the same sources, checked out at different times, and a store each. */
interface Machines extends Disposable {
  readonly base: string;
  readonly first: Workbench;
  readonly second: Workbench;
  build(bench: Workbench, ...args: readonly string[]): Promise<Outcome>;
  /** A place of the registry that nobody has used. */
  place(name: string): string;
}
/** Pushed once for all tests. */
let pushed: Promise<string> | undefined;
async function pushBase(): Promise<string> {
  using bench = new Workbench();
  const base = `${registry().host}/busybox`;
  await bench.importBusybox();
  await bench.must(['tag', 'busybox', base]);
  await bench.must(['push', '-q', base]);
  return base;
}

async function machines(t: ExecutionContext): Promise<Machines> {
  t.timeout(300_000);
  pushed ??= pushBase();
  const base = await pushed;
  const [first, second] = [new Workbench(), new Workbench()];
  const own = randomBytes(4).toString('hex');
  for (const bench of [first, second]) {
    bench.write({ 'context/Dockerfile': dockerfile(base), 'context/source': 'source\n' });
    execFileSync('touch', ['-d', bench === first ? '2001-01-01' : '2011-11-11', bench.path('context/source')]);
  }
  return {
    base,
    first,
    second,
    place: (name) => `${registry().host}/${own}/${name}`,
    build: (bench, ...args) => bench.varve(['build', '--progress=plain', ...args, bench.path('context')]),
    [Symbol.dispose]() {
      first[Symbol.dispose]();
      second[Symbol.dispose]();
    },
  };
}

async function succeeded(t: ExecutionContext, building: Promise<Outcome>): Promise<Outcome> {
  const outcome = await building;
  t.is(outcome.code, 0, outcome.stderr);
  return outcome;
}
const cachedOf = (t: ExecutionContext, { stderr }: Outcome): readonly string[] => {
  const steps = Object.entries(cachedSteps(stderr));
  t.true(steps.length > 0, stderr);
  return steps.flatMap(([title, isCached]) => (isCached ? [title] : [])).sort();
};
const doneOf = ({ stderr }: Outcome): readonly string[] =>
  Object.entries(cachedSteps(stderr)).flatMap(([title, isCached]) => (isCached ? [] : [title]));
const pulledBlobs = ({ stderr }: Outcome): ReadonlySet<string> =>
  new Set(Array.from(stderr.matchAll(/^#\d+ ([0-9a-f]{12}):? (?:\S+ )?Pull complete/gm), ([, blob = '']) => blob));

for (const [kind, storage] of [
  ['registry', 'overlay2'],
  ['local', 'vfs'],
] as const)
  registryTest(`mode=max, type=${kind}: an empty store does no step of any stage again, on ${storage}`, async (t) => {
    using it = await machines(t);
    const [to, from] = kind === 'registry' ? ['ref', 'ref'] : ['dest', 'src'];
    const cache = kind === 'registry' ? it.place('cache') : it.first.path('cache');
    const made = await succeeded(t, it.build(it.first, '--storage', storage, '--cache-to', `type=${kind},${to}=${cache},mode=max`));
    t.deepEqual(doneOf(made).toSorted(), [...OF_IMAGE, OF_TOOL].sort());
    const found = await succeeded(t, it.build(it.second, '--storage', storage, '--cache-from', `type=${kind},${from}=${cache}`));
    t.deepEqual(cachedOf(t, found), [...OF_IMAGE, OF_TOOL].sort());
    t.is(found.stdout, made.stdout, 'the image is the same');
    t.deepEqual(cachedOf(t, await succeeded(t, it.build(it.second))), [...OF_IMAGE, OF_TOOL].sort(), 'from then on it is known here');
    it.second.write({ 'context/Dockerfile': `${dockerfile(it.base)}RUN cat /tool /work/source > /above\n` });
    t.deepEqual(doneOf(await succeeded(t, it.build(it.second))), ['RUN cat /tool /work/source > /above'], 'and processes run on it');
  });

registryTest('mode=min has the layers of the image alone: a stage beside it is run again, and what follows from its files', async (t) => {
  using it = await machines(t);
  const ref = it.place('min');
  await succeeded(t, it.build(it.first, '--cache-to', `type=registry,ref=${ref}`));
  const found = await succeeded(t, it.build(it.second, '--cache-from', ref));
  t.deepEqual(cachedOf(t, found), ['COPY source /work/source', 'WORKDIR /work']);
  t.true(doneOf(found).includes(OF_TOOL));
  const again = await succeeded(t, it.build(it.first, '--cache-to', `type=registry,ref=${ref},mode=max`));
  t.regex(again.stderr, /already exists/);
  t.notRegex(again.stderr, /Pushed$/m, 'what is there is not sent again: the file of the other stage is in the image too');
});

registryTest('mode=min: files that come out equal are found although their stage was run again', async (t) => {
  using it = await machines(t);
  for (const bench of [it.first, it.second])
    bench.write({
      'context/Dockerfile': dockerfile(it.base).replace('cat /proc/sys/kernel/random/uuid > /tool', 'echo > /tool'),
    });
  await succeeded(t, it.build(it.first, '--cache-to', `type=registry,ref=${it.place('min')}`));
  const found = await succeeded(t, it.build(it.second, '--cache-from', it.place('min')));
  t.deepEqual(doneOf(found), ['RUN echo > /tool']);
  t.deepEqual(cachedOf(t, found), OF_IMAGE.toSorted());
});

registryTest(
  'type=inline, or docker’s build argument for it: the image brings its cache along, and is an image for other tools',
  async (t) => {
    using it = await machines(t);
    const image = it.place('app');
    for (const bench of [it.first, it.second])
      bench.write({
        'context/Dockerfile': dockerfile(it.base).replace('cat /proc/sys/kernel/random/uuid > /tool', 'echo > /tool'),
      });
    await succeeded(t, it.build(it.first, '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '-t', image, '--push'));
    const config = JSON.parse(await mustRun('skopeo', ['inspect', '--tls-verify=false', '--config', '--raw', `docker://${image}`]));
    t.is(config['varve.buildcache.v1'].records.length, OF_IMAGE.length);
    await mustRun('skopeo', ['copy', '--src-tls-verify=false', `docker://${image}`, `docker-archive:${it.first.path('app.tar')}:app`]);
    t.deepEqual(cachedOf(t, await succeeded(t, it.build(it.second, '--cache-from', image))), OF_IMAGE.toSorted());
    it.second.write({ 'derived/Dockerfile': `FROM ${image}\nLABEL a=b\n` });
    await it.second.must(['build', '-q', '-t', 'derived', it.second.path('derived')]);
    t.false((await it.second.must(['inspect', 'derived'])).includes('varve.buildcache'), 'what is built on it does not have it');
  },
);

registryTest('of several platforms each finds its own, in a cache and in the images themselves', async (t) => {
  using it = await machines(t);
  for (const bench of [it.first, it.second])
    bench.write({ 'context/Dockerfile': 'FROM scratch\nARG TARGETARCH\nCOPY source /$TARGETARCH\nCOPY source /both\n' });
  const platforms = ['--platform', 'linux/amd64,linux/arm64'];
  const to = ['--cache-to', it.place('cache'), '--cache-to', 'type=inline', '-t', it.place('app'), '--push'];
  await succeeded(t, it.build(it.first, ...platforms, ...to));
  for (const name of ['cache', 'app']) {
    const found = await succeeded(t, it.build(it.second, ...platforms, '--cache-from', it.place(name), '-t', 'found'));
    t.is(found.stderr.match(/^#\d+ CACHED$/gm)?.length, 4, found.stderr);
    rmSync(it.second.root, { recursive: true });
  }
});

registryTest('only layers of steps that are found are fetched, never the whole cache', async (t) => {
  using it = await machines(t);
  const ref = it.place('both');
  await succeeded(t, it.build(it.first, '--cache-to', `type=registry,ref=${ref},mode=max`));
  const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  await mustRun('skopeo', ['copy', ...tls, `docker://${ref}`, `docker://${it.place('copied')}`]);
  const { layers } = JSON.parse(await mustRun('skopeo', ['inspect', '--tls-verify=false', '--raw', `docker://${ref}`]));
  const blobs = (layers as { digest: string }[]).map(({ digest }) => digest.slice('sha256:'.length).slice(0, 12));
  t.is(blobs.length, OF_IMAGE.length, 'the file that is copied from stage to stage is one layer');
  const fetched = async (...cached: readonly string[]) => {
    const outcome = await succeeded(t, it.build(it.second, '--cache-from', it.place('copied'), '--target', 'base', '-o', 'type=cacheonly'));
    t.deepEqual(cachedOf(t, outcome), cached);
    return blobs.filter((blob) => pulledBlobs(outcome).has(blob)).length;
  };
  t.is(await fetched('COPY source /work/source', 'WORKDIR /work'), 2);
  it.second.write({ 'context/source': 'other\n' });
  t.is(await fetched('WORKDIR /work'), 0);
});

registryTest('several caches are asked in order after this machine’s, and what is missing is a warning and a miss', async (t) => {
  using it = await machines(t);
  await succeeded(t, it.build(it.first, '--cache-to', `type=registry,ref=${it.place('base')}`, '--target', 'base'));
  await succeeded(t, it.build(it.first, '--cache-to', `type=local,dest=${it.first.path('all')},mode=max`));
  const nowhere = it.second.path('nowhere');
  const found = await succeeded(
    t,
    it.build(
      it.second,
      ...['--cache-from', it.place('missing')],
      ...['--cache-from', `type=local,src=${nowhere}`],
      ...['--cache-from', it.base],
      ...['--cache-from', it.place('base')],
      ...['--cache-from', `type=local,src=${it.first.path('all')}`],
    ),
  );
  t.deepEqual(cachedOf(t, found), [...OF_IMAGE, OF_TOOL].sort());
  const warnings = Array.from(found.stderr.matchAll(/^WARNING (.*)$/gm), ([, text]) => text);
  t.deepEqual(warnings, [
    `importing cache manifest from ${it.place('missing')}: failed to configure registry cache importer: ${it.place('missing')}: not found (CACHE_IMPORT)`,
    `importing cache manifest from ${nowhere}: failed to configure local cache importer: ${nowhere}: not found (CACHE_IMPORT)`,
    `importing cache manifest from ${it.base}: failed to configure registry cache importer: it is an image that brings no build cache (CACHE_IMPORT)`,
  ]);
});

const REF_NAME = 'org.opencontainers.image.ref.name';

/** Blobs of a layout by what they are. */
function blobsOf(layout: string) {
  const file = (digest: string) => join(layout, 'blobs/sha256', digest.slice('sha256:'.length));
  const read = (digest: string) => JSON.parse(readFileSync(file(digest), 'utf8'));
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  return (manifests as { digest: string; annotations: Record<string, string> }[]).map(({ digest, annotations }) => {
    const manifest = read(digest);
    return {
      tag: annotations[REF_NAME],
      digest,
      manifest,
      config: read(manifest.config.digest),
      layers: (manifest.layers as { digest: string }[]).map((layer) => file(layer.digest)),
    };
  });
}

const DAMAGES: readonly (readonly [string, (layout: string) => void])[] = [
  ['a layer is gone', (layout) => blobsOf(layout)[0]?.layers.forEach((file) => void unlinkSync(file))],
  ['the index is none', (layout) => void truncateSync(join(layout, 'index.json'), 10)],
];
registryTest('a damaged directory is a warning, and the steps are done', async (t) => {
  using it = await machines(t);
  await succeeded(t, it.build(it.first, '--cache-to', `type=local,dest=${it.first.path('cache')}`, '--target', 'base'));
  for (const [what, damage] of DAMAGES) {
    const layout = it.second.path(what);
    cpSync(it.first.path('cache'), layout, { recursive: true });
    damage(layout);
    const outcome = await succeeded(t, it.build(it.second, '--cache-from', `type=local,src=${layout}`, '--target', 'base', '-o', what));
    rmSync(it.second.root, { recursive: true });
    t.deepEqual(cachedOf(t, outcome), [], what);
    t.regex(outcome.stderr, /^WARNING importing .*\(CACHE_IMPORT\)$/m);
  }
});

registryTest('a registry’s layer whose bytes were changed is a warning, and the step is done', async (t) => {
  using it = await machines(t);
  await succeeded(t, it.build(it.first, '--cache-to', `type=registry,ref=${it.place('cache')},mode=max`));
  const manifest = JSON.parse(await mustRun('skopeo', ['inspect', '--tls-verify=false', '--raw', `docker://${it.place('cache')}`]));
  t.is(manifest.config.mediaType, 'application/vnd.varve.buildcache.config.v1+json');
  for (const { digest } of manifest.layers) truncateSync(registry().blobFile(digest.slice('sha256:'.length)), 20);
  const outcome = await succeeded(t, it.build(it.second, '--cache-from', it.place('cache')));
  t.deepEqual(cachedOf(t, outcome), []);
  t.regex(outcome.stderr, /^WARNING importing a layer of the cache .*\(CACHE_IMPORT\)$/m);
});

/** Writes the configuration of a cache in a layout anew, with all the digests that follow from it. */
function forge(layout: string, change: (config: Forged) => void): void {
  const [cache] = blobsOf(layout);
  if (cache === undefined) throw new Error(`${layout} has no cache`);
  change(cache.config);
  const write = (value: unknown) => {
    const bytes = JSON.stringify(value);
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', hex), bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  const manifest = { ...cache.manifest, config: { ...cache.manifest.config, ...write(cache.config) } };
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType: manifest.mediaType, ...write(manifest), annotations: { [REF_NAME]: 'latest' } }],
    }),
  );
}
interface Forged {
  readonly rootfs: { readonly diff_ids: string[] };
  readonly 'varve.buildcache.v1': { readonly records: { layer: string; at: number }[] };
}

registryTest('a cache that lies about digests is a warning and a miss', async (t) => {
  using it = await machines(t);
  const layout = it.first.path('cache');
  await succeeded(t, it.build(it.first, '--cache-to', `type=local,dest=${layout}`, '--target', 'base'));
  forge(layout, ({ rootfs }) => void rootfs.diff_ids.reverse());
  const outcome = await succeeded(t, it.build(it.second, '--cache-from', `type=local,src=${layout}`, '--target', 'base'));
  t.deepEqual(cachedOf(t, outcome), []);
  t.regex(outcome.stderr, /^WARNING importing a layer of the cache .*Expected a layer whose tar is .*\(CACHE_IMPORT\)$/m);
});

registryTest('a cache cannot put a layer in the place of a base image’s', async (t) => {
  using it = await machines(t);
  const layout = it.first.path('cache');
  await succeeded(t, it.build(it.first, '-t', 'first', '--cache-to', `type=local,dest=${layout}`, '--target', 'base'));
  const layersOf = async (bench: Workbench, name: string): Promise<readonly string[]> =>
    JSON.parse(await bench.must(['inspect', name]))[0].RootFS.Layers;
  const [base = ''] = await layersOf(it.first, 'first');
  forge(layout, (config) => {
    for (const record of config['varve.buildcache.v1'].records) record.layer = base;
    config['varve.buildcache.v1'].records.splice(1);
  });
  it.second.write({ 'plain/Dockerfile': `FROM ${it.base}\nRUN busybox echo still here > /made\n` });
  const from = ['--cache-from', `type=local,src=${layout}`];
  await it.build(it.second, ...from, '--target', 'base'); // whatever comes of it
  await it.second.must(['build', '-q', '-t', 'plain', it.second.path('plain')]);
  t.is((await layersOf(it.second, 'plain'))[0], base);
  await it.second.must(['build', '-q', '-o', 'files', it.second.path('plain')]);
  t.true(existsSync(it.second.path('files/bin/busybox')));
  t.is(readFileSync(it.second.path('files/made'), 'utf8'), 'still here\n');
});

test.serial('a cache that cannot be written fails the build once the image is made, unless ignore-error=true', async (t) => {
  using bench = new Workbench();
  bench.write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n', file: '' });
  const to = `type=local,dest=${bench.path('file/under')}`;
  const failed = await bench.varve(['build', '-t', 'app', '--cache-to', to, '.']);
  t.is(failed.code, 1);
  t.regex(failed.stderr, /error writing local cache .*\nHint: .*ignore-error=true.*\n.*CACHE_EXPORT/);
  await bench.must(['inspect', 'app']);
  const warned = await bench.varve(['build', '--progress=plain', '-t', 'app', '--cache-to', `${to},ignore-error=true`, '.']);
  t.is(warned.code, 0, warned.stderr);
  t.regex(warned.stderr, /^WARNING error writing local cache .*\(CACHE_EXPORT\)$/m);
});

test.serial('a directory keeps the caches of other tags, and what it has is not written again', async (t) => {
  using bench = new Workbench();
  bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY file /\n', 'context/file': 'one' });
  const write = (more: string) => bench.must(['build', '-q', '--cache-to', `type=local,dest=${bench.path('cache')}${more}`, 'context']);
  const blobs = () => readdirSync(bench.path('cache/blobs/sha256'));
  await write('');
  const before = new Map(blobs().map((name) => [name, statSync(bench.path('cache/blobs/sha256', name)).ino]));
  await write(',tag=other');
  for (const name of blobs()) t.is(statSync(bench.path('cache/blobs/sha256', name)).ino, before.get(name) ?? 0);
  t.is(blobs().length, before.size);
  bench.write({ 'context/file': 'two' });
  await write('');
  const [other, latest] = blobsOf(bench.path('cache'));
  t.deepEqual([other?.tag, latest?.tag], ['other', 'latest']);
  t.not(other?.digest, latest?.digest);
});

test.serial('an export that is killed leaves a whole cache, the old one or the new, and the next one is found', async (t) => {
  t.timeout(120_000);
  using bench = new Workbench();
  using other = new Workbench();
  const [cache, blobs] = [bench.path('cache'), bench.path('cache/blobs/sha256')];
  bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a b /\nCOPY c /\n', 'context/b': 'b', 'context/c': randomBytes(4 << 20) });
  const args = ['build', '--progress=plain', '--cache-to', `type=local,dest=${cache}`, bench.path('context')];
  const found = () => other.varve(['build', '--progress=plain', '--cache-from', `type=local,src=${cache}`, bench.path('context')]);
  bench.write({ 'context/a': 'old' });
  await bench.must(args);
  const before = readdirSync(blobs).length;
  bench.write({ 'context/a': randomBytes(16 << 20) });
  const abort = new AbortController();
  const killed = bench.varve(args, { signal: abort.signal });
  let isDone = false;
  void killed.then(() => {
    isDone = true;
  });
  while (!isDone && readdirSync(blobs).length === before) await sleep(1);
  abort.abort('kill');
  await killed;
  for (const layer of blobsOf(cache)[0]?.layers ?? [])
    t.is(createHash('sha256').update(readFileSync(layer)).digest('hex'), basename(layer));
  t.is(blobsOf(cache).length, 1);
  bench.write({ 'context/a': 'new' });
  await bench.must(args);
  t.deepEqual(cachedOf(t, await found()), ['COPY a b /', 'COPY c /']);
});

for (const [compression, magic] of [
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['uncompressed', []],
] as const)
  test.serial(`compression=${compression}: layers are written so, and read`, async (t) => {
    using bench = new Workbench();
    using other = new Workbench();
    bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY file /\n', 'context/file': 'x'.repeat(100_000) });
    const cache = bench.path('cache');
    const build = (on: Workbench, ...args: readonly string[]) => on.varve(['build', '--progress=plain', ...args, bench.path('context')]);
    t.is((await build(bench, '--cache-to', `type=local,dest=${cache},compression=${compression}`)).code, 0);
    const [written] = blobsOf(cache);
    const [file = ''] = written?.layers ?? [];
    t.deepEqual([...readFileSync(file).subarray(0, magic.length)], [...magic]);
    t.regex(written?.manifest.layers[0].mediaType, compression === 'uncompressed' ? /\.tar$/ : new RegExp(`\\+${compression}$`));
    t.deepEqual(cachedOf(t, await build(other, '--cache-from', `type=local,src=${cache},digest=${written?.digest}`)), ['COPY file /']);
  });

test.serial('what no place has is refused before anything is built', async (t) => {
  using bench = new Workbench();
  bench.write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  const { code, stderr } = await bench.varve(['build', '--cache-to', 'type=s3,bucket=a', '.']);
  t.is(code, 1);
  t.regex(stderr, /"s3"\nHint: There are registry \(ref=\), local \(dest=\) and inline/);
});

registryTest('no secret, and nothing else that anybody wrote but the files, is in an exported cache', async (t) => {
  using it = await machines(t);
  const secrets = ['file', 'variable', 'proxy', 'argument'].map((name) => `${name}-${randomBytes(8).toString('hex')}`);
  const [file = '', variable = '', proxy = '', argument = ''] = secrets;
  const layout = it.first.path('cache');
  it.first.write({
    'context/Dockerfile': [
      `FROM ${it.base} AS tool`,
      'ARG token',
      'RUN --mount=type=secret,id=file --mount=type=secret,id=variable,env=VARIABLE test -n "$VARIABLE$HTTP_PROXY$token" && cat /run/secrets/file > /dev/null && echo > /tool',
      `FROM ${it.base}`,
      'COPY --from=tool /tool /',
      '',
    ].join('\n'),
    secret: file,
  });
  const outcome = await it.first.varve(
    [
      ...['build', '--progress=rawjson', '-t', it.place('inline'), '--push'],
      ...['--secret', `id=file,src=${it.first.path('secret')}`, '--secret', 'id=variable,env=VARIABLE'],
      ...['--build-arg', `HTTP_PROXY=${proxy}`, '--build-arg', `token=${argument}`],
      ...['--cache-to', `type=local,dest=${layout},mode=max`, '--cache-to', `${it.place('cache')}`, '--cache-to', 'type=inline'],
      it.first.path('context'),
    ],
    { env: { VARIABLE: variable } },
  );
  t.is(outcome.code, 0, outcome.stderr);
  const raw = (...args: readonly string[]) => mustRun('skopeo', ['inspect', '--tls-verify=false', '--raw', ...args]);
  const [written] = blobsOf(layout);
  t.is(written?.config['varve.buildcache.v1'].records.length, 2);
  const found = [
    await raw(`docker://${it.place('cache')}`),
    await raw('--config', `docker://${it.place('inline')}`),
    ...readdirSync(join(layout, 'blobs/sha256')).map((name) => readFileSync(join(layout, 'blobs/sha256', name), 'latin1')),
    ...(written?.layers ?? []).map((layer) => gunzipSync(readFileSync(layer)).toString('latin1')),
  ].join('\n');
  t.deepEqual(
    secrets.filter((secret) => found.includes(secret)),
    [],
  );
  const store = readdirSync(it.first.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  t.deepEqual(
    [file, variable, proxy].filter((secret) => store.some((text) => text.includes(secret))),
    [],
    'nor is it in the store that it was exported from',
  );
  t.true(
    store.some((text) => text.includes(argument)),
    'whose search finds what is there',
  );
  t.false([file, variable].some((secret) => outcome.stderr.includes(secret)));
  t.notRegex(found, /run\/secrets|--mount/);
  t.deepEqual(Object.keys(written?.config).sort(), ['rootfs', 'varve.buildcache.v1']);
  for (const record of written?.config['varve.buildcache.v1'].records ?? [])
    t.deepEqual(Object.keys(record).sort(), ['at', 'created', 'key', 'layer']);
});
