import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { VARVE } from '../helpers/varve.ts';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';
import { imageOf, noiseLayer } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);
const SIZE = 3_000_000;
const sample = () => imageOf([noiseLayer('first', 20_000), noiseLayer('killed', SIZE)]);
const LARGE_BLOB = /^GET \S+\/blobs\//;

/** The command line as a process of its own. */
function start(t: ExecutionContext, client: Client, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [...VARVE, '--root', client.root, ...args], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function until(is: () => boolean): Promise<void> {
  for (let tries = 0; !is(); tries++) {
    if (tries > 3000) throw new Error('It never came to that');
    await sleep(10);
  }
}

async function* thenNothing(source: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array, void, undefined> {
  let left = count;
  for await (const chunk of source) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) await sleep(600_000, undefined, { ref: false });
  }
}
const stallsDown =
  (count: number): Fault =>
  async ({ ask, answer }) =>
    await answer(await ask(), { body: (source) => thenNothing(source, count) });
const stallsUp =
  (count: number): Fault =>
  async ({ request, ask }) =>
    void (await ask({ body: thenNothing(request, count) }));

/** Bytes of blobs that came in part. */
function partOf(client: Client): number {
  const tmp = join(client.root, 'tmp');
  try {
    const parts = readdirSync(tmp).filter((name) => /^part-[0-9a-f]+$/.test(name));
    return Math.max(0, ...parts.map((name) => statSync(join(tmp, name)).size));
  } catch {
    return 0; // not yet
  }
}

claim('a pull that was killed goes on where it was', async (t) => {
  t.timeout(120_000);
  await using proxy = await FaultProxy.start(site.registry.host);
  using other = new Client();
  using client = new Client();
  const name = `${proxy.host}/killed/pull:1`;
  await other.store(sample(), name);
  await other.must(['push', name]);
  const manifest = (await site.manifestOf('killed/pull', '1')) ?? t.fail();
  const big = new RegExp(`^GET \\S+/blobs/${manifest.layers[1]?.digest}$`);
  proxy.does({ on: big, times: 1, fault: stallsDown(2_000_000) });

  const child = start(t, client, ['pull', '-q', name]);
  await until(() => partOf(client) > 1_000_000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const kept = partOf(client);

  proxy.does();
  await client.must(['pull', name]);
  const [again, ...others] = proxy.seen(big);
  t.deepEqual([again?.headers.range, others.length], [`bytes=${kept}-`, 0]);
  t.is(proxy.seen(LARGE_BLOB).reduce((sum, { down }) => sum + down, 0) < SIZE - kept + 5000, true, 'nothing else came');
  t.is(await client.idOf(name), await sample().id());
  client.isSound(t);
  t.is(partOf(client), 0);
});

claim('a push that was killed sends no layer again that arrived', async (t) => {
  t.timeout(120_000);
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client();
  const name = `${proxy.host}/killed/push:1`;
  await client.store(sample(), name);
  const isBig = ({ headers }: { readonly headers: { readonly 'content-length'?: string | undefined } }) =>
    Number(headers['content-length']) > 1_000_000;
  proxy.does({ on: /^(?:PUT|PATCH) \S+\/uploads\//, where: isBig, times: 1, fault: stallsUp(1_000_000) });

  const child = start(t, client, ['push', '-q', name]);
  const small = () => proxy.seen(/^PUT \S+\/uploads\//).some((one) => !isBig(one) && one.up > 0);
  await until(() => small() && proxy.requests.some((one) => isBig(one) && one.up > 500_000));
  await until(() =>
    site.registry.has(
      'killed/push',
      proxy
        .seen(/digest=/)[0]
        ?.line.match(/digest=([^&]+)/)?.[1]
        ?.replace('%3A', ':') ?? '',
    ),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.is(await site.manifestOf('killed/push', '1'), undefined, 'no tag for a part of an image');
  const compressed = readdirSync(join(client.root, 'tmp')).filter((file) => file.startsWith('push-'));
  t.deepEqual(compressed, [], 'nothing that was compressed for it stays');

  proxy.does();
  await client.must(['push', name]);
  t.truthy(await site.manifestOf('killed/push', '1'));
  const sent = proxy.seen(/^(?:PUT|PATCH) \S+\/uploads\//).filter(({ up }) => up > 0);
  t.true(sent.length <= 2, 'the layer that had not arrived, and the configuration at most');
});

claim('two processes that pull the same image fetch each blob once', async (t) => {
  t.timeout(120_000);
  await using proxy = await FaultProxy.start(site.registry.host);
  using other = new Client();
  using client = new Client();
  const name = `${proxy.host}/killed/twice:1`;
  await other.store(sample(), name);
  await other.must(['push', name]);
  const { layers = [] } = (await site.manifestOf('killed/twice', '1')) ?? {};
  const slow: Fault = async ({ ask, answer }) => {
    await until(() => proxy.seen(/^HEAD \S+\/manifests\//).length >= 2); // both want it at once
    await answer(await ask());
  };
  proxy.does({ on: LARGE_BLOB, times: 1000, fault: slow });

  const children = [start(t, client, ['pull', '-q', name]), start(t, client, ['pull', '-q', name])];
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  t.deepEqual(codes, [0, 0]);
  for (const { digest } of layers) t.is(proxy.seen(new RegExp(`^GET \\S+/blobs/${digest}$`)).length, 1);
  t.is(await client.idOf(name), await sample().id());
  client.isSound(t);
});
