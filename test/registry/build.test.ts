import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy } from './fault-proxy.ts';
import { imageOf, noiseLayer } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);

claim('FROM takes what is here without asking; with --pull it asks what the name means now; --push brings each name there', async (t) => {
  await using proxy = await FaultProxy.start(site.registry.host);
  using other = new Client();
  using client = new Client();
  const base = `${proxy.host}/build/base:1`;
  const push = async (layer: string) => {
    await other.store(imageOf([noiseLayer(layer, 2000)]), base);
    await other.must(['push', '-q', base]);
    proxy.does();
  };
  client.write('context/Dockerfile', `FROM ${base}\nLABEL a=b\n`);
  const firstLayer = async (name: string) => (await site.manifestOf('build/result', name))?.layers[0]?.digest;
  const names = (...tags: readonly string[]) => tags.flatMap((tag) => ['-t', `${proxy.host}/build/result:${tag}`]);

  await push('old');
  await client.must(['pull', '-q', base]);
  await push('new');
  await client.must(['build', '-q', '--push', ...names('kept', 'too'), `${client.folder}/context`]);
  t.deepEqual(proxy.seen(/build\/base\/manifests/), [], 'nobody was asked for the base');
  await client.must(['build', '-q', '--pull', '--push', ...names('fresh'), `${client.folder}/context`]);
  t.is(proxy.seen(/^HEAD \S+build\/base\/manifests\/1$/).length, 1);

  const [before, now] = [await firstLayer('kept'), await firstLayer('fresh')];
  t.is(await firstLayer('too'), before);
  t.is(now, (await site.manifestOf('build/base', '1'))?.layers[0]?.digest);
  t.not(before, now);
});
