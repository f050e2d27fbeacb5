import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { sampleImage } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);
/** Nobody has this name: whatever comes, comes from a mirror. */
const NAME = 'upstream.invalid/acme/app:1';
const NOWHERE = '127.0.0.1:1';

/** How each tool's settings name two mirrors, the first of which is broken. */
const settings: Readonly<Record<string, (client: Client, mirrors: readonly string[]) => Readonly<Record<string, unknown>>>> = {
  'the option': (_, mirrors) => ({ mirrors: { 'upstream.invalid': mirrors.map((host) => `http://${host}`) } }),
  'registries.conf': (client, mirrors) => {
    const tables = mirrors.map((host) => `[[registry.mirror]]\nlocation = "${host}"\ninsecure = true\n`);
    return { registriesConf: [client.write('registries.conf', `[[registry]]\nlocation = "upstream.invalid"\n${tables.join('')}`)] };
  },
  'hosts.toml': (client, mirrors) => {
    const tables = mirrors.map((host) => `[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`);
    client.write('hosts/upstream.invalid/hosts.toml', `server = "https://upstream.invalid"\n${tables.join('')}`);
    return { hostsDirs: [`${client.folder}/hosts`] };
  },
};

for (const [name, options] of Object.entries(settings))
  for (const how of ['down', 'failing', 'lying'] as const)
    claim(`of two mirrors in ${name} the first is ${how}: the image comes from the second`, async (t) => {
      await using broken = await FaultProxy.start(site.registry.host);
      if (how === 'failing') broken.does({ on: /./, times: 1000, fault: faults.refuses(503, 'not today') });
      if (how === 'lying') broken.does({ on: /\/blobs\//, times: 1000, fault: faults.alters(50) });
      using base = new Client();
      using client = new Client({ retries: 0, ...options(base, [how === 'down' ? NOWHERE : broken.host, site.registry.host]) });
      await client.must(['pull', NAME]);
      t.is(await client.idOf(NAME), await sampleImage().id());
      client.isSound(t);
    });

claim('no mirror has it: the error is about the registry, and says what the mirrors said', async (t) => {
  using client = new Client({ retries: 0, mirrors: { 'upstream.invalid': [`http://${NOWHERE}`, `http://${site.registry.host}`] } });
  const { code, stderr } = await client.varve(['pull', 'upstream.invalid/acme/other:1']);
  t.is(code, 1);
  t.regex(stderr, /upstream\.invalid/);
  t.regex(stderr, new RegExp(`${site.registry.host}: 404`));
});

claim('what registries.conf blocks is not asked for anywhere', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using base = new Client();
  const file = base.write(
    'registries.conf',
    `[[registry]]\nprefix = "${proxy.host}/acme"\nlocation = "${proxy.host}/acme"\nblocked = true\n`,
  );
  using client = new Client({ registriesConf: [file] });
  const { code, stderr } = await client.varve(['pull', `${proxy.host}/acme/app:1`]);
  t.is(code, 1);
  t.regex(stderr, /REGISTRY_BLOCKED/);
  t.deepEqual(proxy.requests, []);
});
