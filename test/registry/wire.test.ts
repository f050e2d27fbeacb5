import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy, type Seen } from './fault-proxy.ts';
import { BIG, imageOf, noiseLayer, sampleImage } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);

const SMALL = 20_000;
const bytes = (requests: readonly Seen[], way: 'up' | 'down'): number => requests.reduce((sum, one) => sum + one[way], 0);
const lines = (proxy: FaultProxy): readonly string[] => proxy.requests.map(({ line }) => line).filter((line) => line !== 'GET /v2/');

claim('push of an image whose base is there moves the new layer and no other; pushing again moves nothing but questions', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  const name = (tag: string) => `${proxy.host}/wire/app:${tag}`;
  await client.store(sampleImage(), name('base'));
  await client.must(['push', name('base')]);
  t.true(bytes(proxy.requests, 'up') > BIG);

  await client.store(imageOf([...sampleImage().layers, noiseLayer('new', SMALL)]), name('more'));
  proxy.does();
  await client.must(['push', name('more')]);
  const moved = proxy.seen(/^(?:PUT|PATCH) \S+\/blobs\//).filter(({ up }) => up > 0);
  t.is(moved.length, 2, 'the new layer and the configuration');
  const up = bytes(proxy.requests, 'up');
  t.true(up > SMALL && up < SMALL * 2, `${up} bytes were sent for a layer of ${SMALL}`);

  proxy.does();
  await client.must(['push', name('more')]);
  t.deepEqual(
    lines(proxy).filter((line) => !line.startsWith('HEAD ')),
    [],
    'nothing but questions',
  );
  t.true(bytes(proxy.requests, 'up') < 2000);
});

claim('pull of an image whose base is here moves the new layer and no other; pulling again moves no blob', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using other = new Client();
  const name = (tag: string) => `${proxy.host}/wire/pulled:${tag}`;
  await other.store(sampleImage(), name('base'));
  await other.store(imageOf([...sampleImage().layers, noiseLayer('new', SMALL)]), name('more'));
  await other.must(['push', '-a', `${proxy.host}/wire/pulled`]);

  using client = new Client();
  await client.must(['pull', name('base')]);
  proxy.does();
  await client.must(['pull', name('more')]);
  t.is(proxy.seen(/^GET \S+\/blobs\//).length, 2, 'the new layer and the configuration');
  t.true(bytes(proxy.requests, 'down') < SMALL * 2);
  proxy.does();
  t.regex(await client.must(['pull', name('more')]), /Status: Image is up to date/);
  t.true(bytes(proxy.requests, 'down') < 4000);
  t.is(proxy.seen(/^GET \S+\/blobs\//).filter(({ down }) => down > 2000).length, 0);
});

claim('what was pulled is pushed to the same registry without a byte of a layer', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  const [from, to] = [`${proxy.host}/acme/app:1`, `${proxy.host}/wire/mounted:1`];
  await client.must(['pull', from]);
  proxy.does();
  const { code, stderr } = await client.varve(['push', from, to]);
  t.is(code, 0, stderr);
  t.is((await site.manifestOf('wire/mounted', '1'))?.digest, site.sample.digest);
  t.true(bytes(proxy.requests, 'up') < 4000, `${bytes(proxy.requests, 'up')} bytes were sent`);
  t.regex(stderr, /Mounted from acme\/app/);
});

/** A build on a base to the registry that has the base. */
async function builtOn(t: ExecutionContext, repository: string, line: string) {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  client.write('context/Dockerfile', `FROM ${proxy.host}/acme/app:1\n${line}\n`);
  client.write('context/file', 'added');
  await client.must(['build', '-q', '-o', `type=registry,name=${proxy.host}/${repository}:1`, `${client.folder}/context`]);
  t.truthy(await site.manifestOf(repository, '1'));
  t.is(proxy.seen(/^POST .*mount=/).length, 2, 'the layers of the base are mounted');
  return { up: bytes(proxy.requests, 'up'), down: bytes(proxy.requests, 'down'), files: readdirSync(client.root) };
}

claim('a build that only adds files to a base unpacks no layer of it and pushes none', async (t) => {
  const { up, files } = await builtOn(t, 'wire/added', 'COPY file /data/');
  t.true(up < SMALL, `${up} bytes were sent`);
  t.false(files.includes('snapshots'), 'nothing was unpacked');
});

claim('a build that only says something about a base fetches no layer of it and pushes none', async (t) => {
  const { up, down } = await builtOn(t, 'wire/said', 'LABEL a=b');
  t.true(up < SMALL && down < SMALL, `${up} bytes were sent, ${down} fetched`);
});

claim('a manifest that was pulled is pushed byte for byte', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  await client.must(['pull', `${proxy.host}/acme/app:1`]);
  const told = await client.must(['push', `${proxy.host}/acme/app:1`, `${proxy.host}/wire/same:1`, `${proxy.host}/wire/same:2`]);
  t.is(told.match(new RegExp(`digest: ${site.sample.digest} size: ${site.sample.size}`, 'g'))?.length, 2);
});
