import assert from 'node:assert';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { type Command, type Host, IMAGES, type Token } from '@varve/core';
import { hexOf, type Layer, MEDIA_TYPES, parseManifest, parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { pullCommand } from '../src/commands/pull-command.ts';
import { pushCommand } from '../src/commands/push-command.ts';
import { isInsecure, isLoopback } from '../src/hosts/registry-host.ts';
import { readOptions } from '../src/options.ts';
import { isRegistryMissing, registryFor } from './docker-registry.ts';
import { isMissing, openHub, PLATFORM, run, sampleImage, sampleLayer } from './hub-bench.ts';
import { startWriting } from './writing-registry.ts';

const claim = isRegistryMissing() ? test.skip : test.serial;
const registry = isRegistryMissing() ? () => ({ host: '127.0.0.1:1' }) : registryFor(test);
const at = (name: string) => parseReference(`${registry().host}/${name}`);

claim('layers are sent as gzip that unpacks to their tars, the same bytes each time', async (t) => {
  const pushed = [];
  for (const name of ['acme/one:1', 'acme/two:1']) {
    const { transport } = openHub(t, temporaryDir(t));
    pushed.push(await transport.push(sampleImage(), at(name), {}));
  }
  t.is(pushed[0]?.digest, pushed[1]?.digest);
  const { transport } = openHub(t, temporaryDir(t));
  const image = await transport.resolve(at('acme/one:1'), { platform: PLATFORM });
  const manifest = parseManifest(await image.manifestBytes());
  t.deepEqual(manifest.kind === 'image' && manifest.layers.map(({ mediaType }) => mediaType), [
    MEDIA_TYPES.layerGzip,
    MEDIA_TYPES.layerGzip,
  ]);
});

claim('the gzip header says neither time nor system', async (t) => {
  const { transport, store } = openHub(t, temporaryDir(t));
  await transport.push(sampleImage(), at('acme/header:1'), {});
  const image = await transport.resolve(at('acme/header:1'), { platform: PLATFORM });
  await store.images.put(image);
  const bytes = await store.content.readAll(image.layers[0]?.stored?.digest ?? t.fail());
  t.deepEqual(
    [...bytes.subarray(0, 10)].map((byte, i) => (i === 8 ? 0 : byte)),
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255],
  );
  t.is(createHash('sha256').update(gunzipSync(bytes)).digest('hex'), hexOf(await sampleLayer('one').diffId()));
});

claim('nothing is left in the temporary directory', async (t) => {
  const dir = temporaryDir(t);
  await openHub(t, dir).transport.push(sampleImage(), at('acme/left:1'), {});
  t.deepEqual(readdirSync(join(dir, 'store/tmp')), []);
});

test('a push that is cancelled while it compresses rejects with the reason, and leaves nothing', async (t) => {
  const other = await startWriting(t);
  const dir = temporaryDir(t);
  const { transport } = openHub(t, dir);
  const abort = new AbortController();
  const reason = new Error('enough');
  const layer = sampleLayer('cancelled', 4 << 20);
  const tar: Layer['tar'] = (options) => {
    abort.abort(reason);
    return layer.tar(options);
  };
  const pushing = transport.push(sampleImage([{ ...layer, tar }]), parseReference(`${other.host}/acme/app`), { signal: abort.signal });
  t.is(await t.throwsAsync(pushing), reason);
  t.deepEqual(readdirSync(join(dir, 'store/tmp')), []);
});

claim('what was pulled is pushed elsewhere with the same manifest', async (t) => {
  const { transport, store } = openHub(t, temporaryDir(t));
  const first = await transport.push(sampleImage(), at('acme/from:1'), {});
  const record = await store.images.put(await transport.resolve(at('acme/from:1'), { platform: PLATFORM }));
  const second = await transport.push(await store.images.open(record), at('acme/to:1'), {});
  t.is(second.digest, first.digest);
});

claim('an image goes from registry to registry without being stored first', async (t) => {
  const { transport } = openHub(t, temporaryDir(t));
  const first = await transport.push(sampleImage(), at('acme/from2:1'), {});
  const other = openHub(t, temporaryDir(t)).transport;
  const second = await other.push(await other.resolve(at('acme/from2:1'), { platform: PLATFORM }), at('acme/to2:1'), {});
  t.is(second.digest, first.digest);
});

claim('what is there already is not sent again', async (t) => {
  const { transport } = openHub(t, temporaryDir(t));
  const statuses: string[] = [];
  await transport.push(sampleImage(), at('acme/twice:1'), {});
  await transport.push(sampleImage(), at('acme/twice:2'), {
    emit: (event) => void (event.type === 'transfer' && statuses.push(event.status)),
  });
  t.deepEqual([...new Set(statuses)], ['Preparing', 'Layer already exists']);
});

claim('a layer that was compressed before is not read again while the registry has it', async (t) => {
  const { transport } = openHub(t, temporaryDir(t));
  const first = await transport.push(sampleImage(), at('acme/read-once:1'), {});
  const unreadable = sampleImage().layers.map((layer) => Object.create(layer, { tar: { value: () => t.fail('it was read') } }));
  const second = await transport.push(sampleImage(unreadable), at('acme/read-once:2'), {});
  t.is(second.digest, first.digest);
});

claim('a layer that was compressed before is sent where it is not yet', async (t) => {
  const { transport } = openHub(t, temporaryDir(t));
  const first = await transport.push(sampleImage(), at('acme/here:1'), {});
  const second = await transport.push(sampleImage(), at('acme/there:1'), {});
  t.is(second.digest, first.digest);
  const { transport: other } = openHub(t, temporaryDir(t));
  const [layer] = (await other.resolve(at('acme/there:1'), { platform: PLATFORM })).layers;
  t.is((await layer?.index())?.length, 2);
});

if (isMissing('skopeo')) test.skip('skopeo and a push (skipped: it is not installed)', (t) => t.pass());
else
  claim('skopeo reads what was pushed, and what skopeo pushed is pulled', async (t) => {
    const { transport } = openHub(t, temporaryDir(t));
    await transport.push(sampleImage(), at('acme/skopeo:1'), {});
    const seen = await run('skopeo', ['inspect', '--tls-verify=false', '--config', '--raw', `docker://${registry().host}/acme/skopeo:1`]);
    t.is(seen, Buffer.from(await sampleImage().configBytes()).toString());
    await run('skopeo', [
      'copy',
      '--quiet',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      '--format',
      'v2s2',
      `docker://${registry().host}/acme/skopeo:1`,
      `docker://${registry().host}/acme/skopeo:v2s2`,
    ]);
    const image = await transport.resolve(at('acme/skopeo:v2s2'), { platform: PLATFORM });
    t.is((await image.descriptor()).mediaType, MEDIA_TYPES.dockerManifest);
    const [first] = image.layers;
    t.deepEqual(
      [...((await first?.index()) ?? [])].map(({ path }) => path),
      ['etc', 'etc/one'],
    );
  });

const HUB = { options: readOptions(), stores: () => assert.fail('the transport of the toolchain does') };

/** Runs a command on a store, as the command line does. */
async function runCommand(t: ExecutionContext, command: Command, positionals: readonly string[], hub: ReturnType<typeof openHub>) {
  const host = {
    get: <T>(token: Token<T>) => (token.id === IMAGES.id ? hub.store.images : t.fail()) as T,
    resolve: (reference: Parameters<Host['resolve']>[0], options: object) =>
      hub.transport.resolve(reference, { platform: PLATFORM, ...options }),
    transport: async () => hub.transport,
  } as unknown as Host; // no more of it is used
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const values = { platform: 'linux/amd64' };
  const code = await command.run({
    host,
    values,
    positionals,
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough().resume(),
    signal: new AbortController().signal,
  });
  t.is(code, 0);
  return Buffer.concat(chunks).toString();
}

claim('varve push and varve pull print docker’s lines', async (t) => {
  const name = `${registry().host}/acme/lines`;
  const one = openHub(t, temporaryDir(t));
  await one.store.images.put(sampleImage(), { names: [`${name}:latest`] });
  const pushed = await runCommand(t, pushCommand(HUB), [name], one);
  const two = openHub(t, temporaryDir(t));
  const pulled = await runCommand(t, pullCommand(HUB), [name], two);
  const again = await runCommand(t, pullCommand(HUB), [name], two);
  const { descriptor } = (await two.store.images.find(`${name}:latest`)) ?? t.fail();
  t.is(
    pushed,
    `Using default tag: latest\nThe push refers to repository [${name}]\nlatest: digest: ${descriptor.digest} size: ${descriptor.size}\n`,
  );
  const lines = (status: string) =>
    `Using default tag: latest\nlatest: Pulling from acme/lines\nDigest: ${descriptor.digest}\nStatus: ${status} for ${name}:latest\n${name}:latest\n`;
  t.is(pulled, lines('Downloaded newer image'));
  t.is(again, lines('Image is up to date'));
});

claim('an image that is not here cannot be pushed', async (t) => {
  const hub = openHub(t, temporaryDir(t));
  const code = 'IMAGE_UNKNOWN';
  const message = 'An image does not exist locally with the tag: acme/none';
  for (const name of ['acme/none', 'acme/none:1']) await t.throwsAsync(runCommand(t, pushCommand(HUB), [name], hub), { code, message });
  await hub.store.images.put(sampleImage(), { names: ['acme/none:2'] });
  const other = 'tag does not exist: acme/none:1';
  await t.throwsAsync(runCommand(t, pushCommand(HUB), ['acme/none:1'], hub), { code, message: other });
});

const plain = test.macro({
  exec(t, host: string, loopback: boolean, insecure: boolean) {
    t.deepEqual([isLoopback(host), isInsecure(host, ['lan.test:5000', 'other.test'])], [loopback, insecure]);
  },
  title: (_, host, __, insecure) => `${host} is talked to ${insecure ? 'perhaps without' : 'only with'} TLS`,
});
test(plain, 'localhost:5000', true, true);
test(plain, '127.0.0.1:5000', true, true);
test(plain, '127.9.9.9', true, true);
test(plain, '[::1]:5000', true, true);
test(plain, 'lan.test:5000', false, true);
test(plain, 'lan.test:5001', false, false);
test(plain, 'other.test:1', false, true);
test(plain, '10.0.0.1:5000', false, false);
test(plain, '192.168.0.1', false, false);
test(plain, 'localhost.example.com', false, false);
test(plain, '127.0.0.1.example.com', false, false);
test(plain, 'docker.io', false, false);
