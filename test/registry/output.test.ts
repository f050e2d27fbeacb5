import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { imageOf, noiseLayer, sampleImage } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);

const image = () => imageOf(['one', 'two', 'three', 'four'].map((name) => noiseLayer(name, 200_000)));
/** What was said of each layer, in order. */
function statesOf(stderr: string): readonly (readonly string[])[] {
  const layers = new Map<string, string[]>();
  for (const [, label = '', state = ''] of stderr.matchAll(/^([0-9a-f]{12}): (.*)$/gm))
    layers.set(label, [...(layers.get(label) ?? []), state]);
  return [...layers.values()];
}

claim('pull and push in docker’s words, where there is no terminal', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client({ downloads: 3 });
  const name = `${proxy.host}/words/app`;
  await client.store(image(), `${name}:latest`);
  const pushed = await client.varve(['push', name]);
  const { digest, size } = (await site.manifestOf('words/app', 'latest')) ?? t.fail();
  t.is(pushed.stdout, `Using default tag: latest\nThe push refers to repository [${name}]\nlatest: digest: ${digest} size: ${size}\n`);
  for (const states of statesOf(pushed.stderr)) t.deepEqual([states[0], states.at(-1)], ['Preparing', 'Pushed']);
  t.is(statesOf(pushed.stderr).length, 4);
  const again = await client.varve(['push', name]);
  t.deepEqual([...new Set(statesOf(again.stderr).map((states) => states.at(-1)))], ['Layer already exists']);

  using other = new Client({ downloads: 3 });
  /** In small pieces, so that something is seen of it. */
  const inPieces = faults.changes({
    async *body(source) {
      for await (const chunk of source) for (let at = 0; at < chunk.length; at += 10_000) yield chunk.subarray(at, at + 10_000);
    },
  });
  proxy.does({ on: /^GET \S+\/blobs\//, times: 100, fault: inPieces });
  const pulled = await other.varve(['pull', name]);
  const lines = (status: string) =>
    `Using default tag: latest\nlatest: Pulling from words/app\nDigest: ${digest}\nStatus: ${status} for ${name}:latest\n${name}:latest\n`;
  t.is(pulled.stdout, lines('Downloaded newer image'));
  const all = statesOf(pulled.stderr);
  for (const states of all)
    t.deepEqual(
      states.filter((state) => state !== 'Waiting'),
      ['Pulling fs layer', 'Downloading', 'Verifying Checksum', 'Download complete', 'Pull complete'],
    );
  t.is(all.filter((states) => states.includes('Waiting')).length, 1, 'three come at once');
  t.is((await other.varve(['pull', name])).stdout, lines('Image is up to date'));

  await other.store(imageOf([...image().layers, noiseLayer('five', 100)]), `${name}:more`);
  await other.must(['push', `${name}:more`]);
  using third = new Client();
  await third.must(['pull', name]);
  const more = await third.varve(['pull', `${name}:more`]);
  t.deepEqual(
    statesOf(more.stderr)
      .map((states) => states.at(-1))
      .sort(),
    ['Already exists', 'Already exists', 'Already exists', 'Already exists', 'Pull complete'],
  );
});

for (const [what, dockerfile] of [
  ['FROM', (name: string) => `FROM ${name}\nWORKDIR /added\n`],
  ['COPY --from', (name: string) => `FROM scratch\nCOPY --from=${name} /data /\n`],
] as const)
  claim(`${what} in a build tells of layers under the image that they are of`, async (t) => {
    using client = new Client();
    const name = `${site.registry.host}/words/app:latest`;
    client.write('context/Dockerfile', dockerfile(name));
    const { code, stderr } = await client.built(['--progress=plain', `${client.folder}/context`]);
    t.is(code, 0, stderr);
    const [, number = 'none'] = new RegExp(`^#(\\d+) FROM ${name}$`, 'm').exec(stderr) ?? [];
    const told = stderr.split('\n').filter((line) => line.startsWith(`#${number} `));
    t.is(told.filter((line) => /^#\d+ [0-9a-f]{12} Pull complete /.test(line)).length, 4, stderr);
  });

claim('with -q there is the name and nothing else', async (t) => {
  using client = new Client();
  const name = `${site.registry.host}/words/quiet:1`;
  await client.store(image(), name);
  t.deepEqual(await client.varve(['push', '-q', name]), { code: 0, stdout: `${name}\n`, stderr: '' });
  t.deepEqual(await client.varve(['pull', '-q', name]), { code: 0, stdout: `${name}\n`, stderr: '' });
});

for (const [args, says] of [
  [['pull'], /missing required argument|Expected an image/],
  [['pull', 'UPPER'], /repository name must be lowercase/],
  [['pull', '--policy', 'perhaps', 'x'], /There is no policy "perhaps"/],
  [['push'], /missing required argument|Expected an image/],
  [['search'], /missing required argument|Expected one term/],
  [['manifest', 'create', 'x'], /missing required argument|Expected a list and manifests/],
  [['registry', 'explain'], /missing required argument|Expected one image/],
  [['login', 'a', 'b'], /too many arguments|Expected one registry/],
] as const)
  claim(`varve ${args.join(' ')} is misuse`, async (t) => {
    using client = new Client();
    const { code, stderr } = await client.varve(args);
    t.is(code, 2);
    t.regex(stderr, says);
  });

claim('an image that is asked for by its digest gets no tag, whatever stands beside', async (t) => {
  using client = new Client();
  const name = `${site.registry.host}/acme/app:1@${site.sample.digest}`;
  await client.must(['pull', name]);
  t.is(await client.idOf(`${site.registry.host}/acme/app:1`), undefined);
  t.is(await client.idOf(name), site.sample.config.digest);
});

claim('an image for another platform than was asked for is told', async (t) => {
  using client = new Client();
  const { code, stderr } = await client.varve(['pull', '--platform', 'linux/s390x', `${site.registry.host}/acme/app:1`]);
  t.is(code, 0);
  t.regex(stderr, /^WARNING: image with reference \S+\/acme\/app:1 was found but .*: wanted linux\/s390x, actual: linux\/amd64$/m);
  t.notRegex((await client.varve(['pull', '--platform', 'linux/amd64', `${site.registry.host}/acme/app:1`])).stderr, /WARNING/);
});

claim('waiting for a registry that has to be asked again is told', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client({ retries: 2, retryWait: 5 });
  proxy.does({ on: new RegExp(`^GET \\S+/blobs/${site.sample.layers[1]?.digest}`), times: 1, fault: faults.cutsDown(1000) });
  const { stderr } = await client.varve(['pull', `${proxy.host}/acme/app:1`]);
  t.regex(stderr, /^[0-9a-f]{12}: Retrying in 1 second$/m);
});

for (const [what, on, args, tag] of [
  ['a manifest', /^GET \S+\/manifests\//, ['pull'], '1'],
  ['a layer', /^GET \S+\/blobs\//, ['pull'], '1'],
  ['what a registry has', /^HEAD \S+\/blobs\//, ['push'], '1'],
  ['a manifest that is sent', /^PUT \S+\/manifests\//, ['push'], 'new'],
] as const)
  claim(`waiting as long as the registry says before asking again for ${what} is told`, async (t) => {
    await using proxy = await FaultProxy.start(site.registry.host);
    using client = new Client({ retries: 1 });
    const name = `${proxy.host}/acme/app:${tag}`;
    if (args[0] === 'push') await client.store(sampleImage(), name);
    proxy.does({ on, times: 1, fault: faults.says(429, { 'retry-after': '1' }) });
    const { code, stderr } = await client.varve([...args, name]);
    t.is(code, 0, stderr);
    t.regex(stderr, /^[0-9a-z]+: Retrying in 1 second$/m);
  });
