import { join } from 'node:path';
import { makeIndex } from '@varve/core/image';
import { nestedIndex } from '@varve/core/testing';
import test from 'ava';
import { mustRun } from '../helpers/varve.ts';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { imageOf, noiseLayer } from './images.ts';
import { isInstalled } from './programs.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);
const ARCHITECTURES = ['amd64', 'arm64'];
const imageFor = (architecture: string) => imageOf([noiseLayer('shared', 5000), noiseLayer(architecture, 3000)], architecture);
const index = () =>
  makeIndex(ARCHITECTURES.map((architecture) => ({ platform: { os: 'linux', architecture }, image: imageFor(architecture) })));

claim('pull --all-platforms brings an index whole; each platform is here then, and it goes on as it came', async (t) => {
  const name = `${site.registry.host}/many/app:1`;
  using first = new Client();
  await first.storeIndex(index(), name);
  await first.must(['push', '-q', name]);
  const pushed = await site.indexOf('many/app', '1');

  using client = new Client();
  const said = await client.must(['pull', '--all-platforms', name]);
  t.true(said.includes(`Digest: ${pushed?.digest}\nStatus: Downloaded newer image for ${name}\n`), said);
  t.regex(await client.must(['pull', '--all-platforms', name]), /Status: Image is up to date/);
  for (const architecture of ARCHITECTURES) {
    const shown = await client.must(['inspect', '--platform', `linux/${architecture}`, '-f', '{{.Architecture}}', name]);
    t.is(shown, `${architecture}\n`);
    t.regex(await client.must(['pull', '--policy', 'never', '--platform', `linux/${architecture}`, name]), /Status: Image is here/);
  }
  const { code, stderr } = await client.varve(['pull', '--policy', 'never', '--platform', 'linux/mips', name]);
  t.deepEqual([code, stderr.includes('[IMAGE_UNKNOWN')], [1, true]);

  const other = `${site.registry.host}/many/other:1`;
  await client.must(['tag', name, other]);
  await client.must(['push', '-q', other]);
  t.is((await site.indexOf('many/other', '1'))?.digest, pushed?.digest);
});

claim('pull --all-platforms of one image brings that', async (t) => {
  using client = new Client();
  await client.must(['pull', '--all-platforms', `${site.registry.host}/acme/app:1`]);
  t.is(await client.idOf(`${site.registry.host}/acme/app:1`), site.sample.config.digest);
});

claim('an index of indexes goes whole from a registry to another name and into an archive, and comes from there', async (t) => {
  const [name, other] = [`${site.registry.host}/many/nested:1`, `${site.registry.host}/many/again:1`];
  using first = new Client();
  const { index: nested } = await nestedIndex();
  await first.storeIndex(nested, name);
  const digestOf = (said: string) => /sha256:[0-9a-f]{64}/.exec(said)?.[0];
  const pushed = digestOf(await first.must(['push', name]));

  using client = new Client();
  t.is(digestOf(await client.must(['pull', '--all-platforms', name])), pushed);
  t.is(digestOf(await client.must(['push', name, other])), pushed);
  const archive = join(client.folder, 'nested.tar');
  await client.must(['save', '-o', archive, name]);
  using third = new Client();
  t.is(digestOf(await third.must(['pull', '--all-platforms', `oci-archive:${archive}`])), pushed);
  for (const platform of ['linux/s390x', 'linux/amd64', 'linux/arm64'])
    t.is(await client.must(['inspect', '--platform', platform, '-f', '{{.Os}}/{{.Architecture}}', name]), `${platform}\n`);
});

test('pull --all-platforms of one platform is misuse', async (t) => {
  using client = new Client();
  const { code, stderr } = await client.varve(['pull', '--all-platforms', '--platform', 'linux/amd64', 'app']);
  t.is(code, 2);
  t.regex(stderr, /exclude each other/);
});

claim('push --format v2s2 gives docker’s media types, of an image and of an index, which other tools read', async (t) => {
  using client = new Client();
  const at = (path: string) => `${site.registry.host}/schema2/${path}:1`;
  await client.store(imageFor('amd64'), at('one'));
  await client.storeIndex(index(), at('many'));
  for (const name of [at('one'), at('many')]) await client.must(['push', '-q', '--format', 'v2s2', name]);
  t.is((await client.varve(['push', '--format', 'v1', at('one')])).code, 2);
  using other = new Client();
  await other.must(['pull', '-q', at('one')]);
  t.is(await other.idOf(at('one')), await imageFor('amd64').id(), 'the configuration is the same');
  if (!isInstalled('skopeo')) return;
  for (const [name, type] of [
    [at('one'), 'manifest'],
    [at('many'), 'manifest.list'],
  ]) {
    const shown = JSON.parse(await mustRun('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${name}`]));
    t.is(shown.mediaType, `application/vnd.docker.distribution.${type}.v2+json`);
  }
});
