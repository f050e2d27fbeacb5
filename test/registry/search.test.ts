import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { imageOf, noiseLayer } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);

const results = [
  { name: 'one/app', description: `An app \u001b[31mwith ${'a long story '.repeat(10)}`, star_count: 7, is_official: false },
  { name: 'app', description: 'The app', star_count: 3, is_official: true },
];
async function searching() {
  const proxy = await FaultProxy.start(site.registry.host);
  proxy.does({ on: /^GET \/v1\/search\?/, times: 100, fault: faults.says(200, {}, JSON.stringify({ num_results: 2, results })) });
  return proxy;
}

claim('a registry that can be searched is, in docker’s table', async (t) => {
  await using proxy = await searching();
  using client = new Client();
  const table = await client.must(['search', '--limit', '2', `${proxy.host}/app`]);
  t.is(proxy.seen(/search/)[0]?.line, 'GET /v1/search?q=app&n=2');
  const [heading = '', first = '', second = ''] = table.split('\n');
  t.regex(heading, /^NAME +DESCRIPTION +STARS +OFFICIAL$/);
  t.regex(first, new RegExp(`^${proxy.host}/one/app +An app +\\[31mwith a long story .*… +7 *$`));
  t.regex(second, /\/app +The app +3 +\[OK\]$/);
});

claim('filters and formats', async (t) => {
  await using proxy = await searching();
  using client = new Client();
  const search = (...args: readonly string[]) => client.must(['search', ...args, `${proxy.host}/app`]);
  t.is(await search('--filter', 'is-official=true', '--format', '{{.StarCount}} {{.Description}}'), '3 The app\n');
  t.is(await search('--filter', 'stars=5', '--format', '{{.Name}}'), `${proxy.host}/one/app\n`);
  t.is(JSON.parse(await search('--filter', 'stars=5', '--no-trunc', '--format', 'json')).Description.length > 100, true);
  t.is((await client.varve(['search', '--filter', 'colour=red', 'app'])).code, 2);
  t.is((await client.varve(['search', '--limit', '101', 'app'])).code, 2);
});

claim('elsewhere the catalogue is looked through, page by page', async (t) => {
  using client = new Client();
  const { host } = site.registry;
  for (const name of ['red-one', 'red-two', 'blue'])
    for (const tag of ['1', '2', 'x']) {
      await client.store(imageOf([noiseLayer(name, 100)]), `${host}/found/${name}:${tag}`);
      await client.must(['push', `${host}/found/${name}:${tag}`]);
    }
  t.is(await client.must(['search', '--format', '{{.Name}}', `${host}/RED`]), `${host}/found/red-one\n${host}/found/red-two\n`);
  t.is(await client.must(['search', '--limit', '1', '--format', '{{.Name}}', `${host}/red`]), `${host}/found/red-one\n`);
});

claim('all tags of a repository are pulled with -a, and pushed with -a', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  const name = `${proxy.host}/found/blue`;
  const told = await client.must(['pull', '-a', name]);
  t.deepEqual(
    told.match(/^\S+: Pulling from .*$/gm),
    ['1', '2', 'x'].map((tag) => `${tag}: Pulling from found/blue`),
  );
  t.true(told.endsWith(`Status: Downloaded newer image for ${name}\n${name}\n`));
  for (const tag of ['1', '2', 'x']) await client.must(['tag', `${name}:${tag}`, `${proxy.host}/found/green:${tag}`]);
  const pushed = await client.must(['push', '-a', `${proxy.host}/found/green`]);
  t.regex(pushed, /^The push refers to repository \[\S+found\/green\]\n1: digest: sha256:\w+ size: \d+\n2: digest: .*\nx: digest: .*\n$/);
  for (const tag of ['1', '2', 'x']) t.truthy(await site.manifestOf('found/green', tag));
  t.is((await client.varve(['pull', '-a', `${name}:1`])).code, 2);
  t.is((await client.varve(['push', '-a', `${name}:1`])).code, 2);
});

claim('a registry that repeats a page does not keep anybody for ever, and is not followed elsewhere', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  const page = (link: string) => faults.says(200, { link }, JSON.stringify({ name: 'found/blue', tags: ['1'] }));
  for (const link of ['</v2/found/blue/tags/list?n=1&last=1>; rel="next"', '<http://127.0.0.1:9/v2/found/blue/tags/list>; rel="next"']) {
    proxy.does({ on: /tags\/list/, times: 100, fault: page(link) });
    await client.must(['pull', '-a', `${proxy.host}/found/blue`]);
    t.true(proxy.seen(/tags\/list/).length <= 2);
  }
});

for (const [policy, isHere, isUp, code, asked] of [
  ['always', true, true, 0, true],
  ['missing', true, true, 0, false],
  ['missing', false, true, 0, true],
  ['never', true, true, 0, false],
  ['never', false, true, 1, false],
  ['newer', true, true, 0, true],
  ['newer', true, false, 0, true],
  ['newer', false, false, 1, true],
  ['always', true, false, 1, true],
] as const)
  claim(`pull --policy ${policy}, an image that is ${isHere ? '' : 'not '}here, a registry that is ${isUp ? 'up' : 'down'}`, async (t) => {
    await using proxy = await FaultProxy.start(site.registry.host);
    using client = new Client({ retries: 0, stallTimeout: 5000 });
    const name = `${proxy.host}/acme/app:1`;
    if (isHere) await client.must(['pull', name]);
    proxy.does(...(isUp ? [] : [{ on: /./, times: 100, fault: faults.hangsUp }]));
    t.is((await client.varve(['pull', '--policy', policy, name])).code, code);
    t.is(proxy.requests.length > 0, asked);
    t.is((await client.idOf(name)) !== undefined, isHere || code === 0);
  });
