import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MEDIA_TYPES } from '@varve/core/image';
import test from 'ava';
import { mustRun } from '../helpers/varve.ts';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { imageOf, noiseLayer } from './images.ts';
import { isInstalled } from './programs.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);

/** A client, and two images in a registry; `name` completes a name there. */
async function bench(host = site.registry.host) {
  const client = new Client({ retries: 1, retryWait: 5 });
  const name = (text: string) => `${host}/${text}`;
  for (const architecture of ['amd64', 'arm64']) {
    await client.store(imageOf([noiseLayer(architecture, 50_000)], architecture), name(`lists/${architecture}:1`));
    await client.must(['push', name(`lists/${architecture}:1`)]);
  }
  return { client, name };
}
const lists = (client: Client): readonly string[] =>
  existsSync(join(client.root, 'manifest-lists')) ? readdirSync(join(client.root, 'manifest-lists')) : [];

claim('a list is put together, annotated, shown, pushed and removed; the registry gives each platform its image', async (t) => {
  const { client, name } = await bench();
  using _ = client;
  const list = name('lists/all:1');
  t.is(await client.must(['manifest', 'create', list, name('lists/amd64:1')]), `Created manifest list ${list}\n`);
  const again = await client.varve(['manifest', 'create', list, name('lists/arm64:1')]);
  t.regex(again.stderr, /Refusing to amend an existing manifest list with no --amend flag[\s\S]*\[MANIFEST_LIST/);
  await client.must(['manifest', 'create', '--amend', list, name('lists/arm64:1')]);
  await client.must(['manifest', 'annotate', '--variant', 'v8', '--os-features', 'a,b', list, name('lists/arm64:1')]);

  const shown = JSON.parse(await client.must(['manifest', 'inspect', list]));
  t.is(shown.mediaType, MEDIA_TYPES.index);
  t.deepEqual(
    shown.manifests.map(({ platform }: { platform: unknown }) => platform),
    [
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux', 'os.features': ['a', 'b'], variant: 'v8' },
    ],
  );
  const digest = (await client.must(['manifest', 'push', '--purge', list])).trim();
  t.deepEqual(lists(client), []);
  const { digest: found } = (await site.indexOf('lists/all', '1')) ?? t.fail();
  t.is(digest, found);

  for (const architecture of ['amd64', 'arm64']) {
    using other = new Client();
    await other.must(['pull', '--platform', `linux/${architecture}`, list]);
    t.is(await other.idOf(list), await imageOf([noiseLayer(architecture, 50_000)], architecture).id());
  }
  if (!isInstalled('skopeo')) return;
  const seen = JSON.parse(await mustRun('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${list}`]));
  t.deepEqual(seen, shown);
});

claim('pushing a list moves no blob where the registry mounts them', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  const { client, name } = await bench(proxy.host);
  using _ = client;
  await client.must(['manifest', 'create', name('lists/mounted:1'), name('lists/amd64:1'), name('lists/arm64:1')]);
  proxy.does();
  await client.must(['manifest', 'push', name('lists/mounted:1')]);
  t.deepEqual(
    proxy.seen(/^(?:GET|PUT|PATCH) \S+\/blobs\//).map(({ line }) => line),
    [],
  );
  t.is(proxy.seen(/^POST \S+mount=/).length, 4);
});

claim('where the registry does not mount, blobs are copied by the uploads that it began', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  const { client, name } = await bench(proxy.host);
  using _ = client;
  await client.must(['manifest', 'create', name('lists/copied:1'), name('lists/amd64:1')]);
  proxy.does({
    on: /^POST \S+mount=/,
    times: 100,
    fault: async (exchange) => {
      exchange.request.url = exchange.request.url?.replace(/\?.*/, '') ?? '';
      await faults.changes({})(exchange);
    },
  });
  await client.must(['manifest', 'push', name('lists/copied:1')]);
  t.deepEqual(
    [/^POST \S+\/blobs\/uploads\//, /^PUT \S+\/blobs\/uploads\//].map((on) => proxy.seen(on).length),
    [2, 2],
  );
  proxy.does();
  using other = new Client();
  await other.must(['pull', '--platform', 'linux/amd64', name('lists/copied:1')]);
});

claim('a list that cannot be pushed is kept, and its tag is not there', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  const { client, name } = await bench(proxy.host);
  using _ = client;
  await client.must(['manifest', 'create', name('lists/failed:1'), name('lists/amd64:1')]);
  proxy.does({ on: /^PUT \S+\/manifests\/sha256/, times: 100, fault: faults.refuses(400, 'no') });
  const { code, stderr } = await client.varve(['manifest', 'push', '--purge', name('lists/failed:1')]);
  t.is(code, 1);
  t.regex(stderr, /\[REGISTRY_REFUSED/);
  t.is(lists(client).length, 1);
  t.is(await site.indexOf('lists/failed', '1'), undefined);
});

claim('inspect shows what a registry has, as it is there, and with -v what it names', async (t) => {
  const { client, name } = await bench();
  using _ = client;
  const plain = JSON.parse(await client.must(['manifest', 'inspect', name('lists/amd64:1')]));
  t.is(plain.mediaType, MEDIA_TYPES.manifest);
  const detail = JSON.parse(await client.must(['manifest', 'inspect', '-v', name('lists/amd64:1')]));
  t.like(detail, { Ref: name('lists/amd64:1'), OCIManifest: plain, Descriptor: { platform: { architecture: 'amd64', os: 'linux' } } });
  t.deepEqual(JSON.parse(Buffer.from(detail.Raw, 'base64').toString()), plain);
});

claim('manifests of lists added at once: none is lost', async (t) => {
  const { client, name } = await bench();
  using _ = client;
  const list = name('lists/together:1');
  await client.must(['manifest', 'create', list, name('lists/amd64:1')]);
  await Promise.all(
    ['os-version', 'variant', 'arch'].map((option) =>
      client.must(['manifest', 'annotate', `--${option}`, 'x', list, name('lists/amd64:1')]),
    ),
  );
  const { manifests } = JSON.parse(await client.must(['manifest', 'inspect', list]));
  t.deepEqual(manifests[0].platform, { architecture: 'x', os: 'linux', 'os.version': 'x', variant: 'x' });
});

claim('inspect of what is no manifest says so', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  for (const body of ['<html>', 'null', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`]) {
    proxy.does({ on: /manifests/, times: 10, fault: faults.says(200, {}, body) });
    t.regex((await client.varve(['manifest', 'inspect', `${proxy.host}/lists/amd64:1`])).stderr, /\[IMAGE_INVALID\]/);
  }
});

claim('what is not there is told', async (t) => {
  const { client, name } = await bench();
  using _ = client;
  for (const [args, says] of [
    [['rm', 'nothing'], /No such manifest list: docker\.io\/library\/nothing:latest/],
    [['push', 'nothing'], /No such manifest list/],
    [['annotate', 'nothing', 'x'], /No such manifest list/],
    [['inspect', name('lists/nothing')], /lists\/nothing[\s\S]*\[IMAGE_UNKNOWN/],
    [['create', name('lists/x'), name('lists/nothing')], /\[IMAGE_UNKNOWN/],
  ] as const) {
    const { code, stderr } = await client.varve(['manifest', ...args]);
    t.is(code, 1);
    t.regex(stderr, says);
  }
  t.deepEqual(lists(client), []);
});
