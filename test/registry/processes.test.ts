import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type Outcome, run, VARVE } from '../helpers/varve.ts';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { imageOf, noiseLayer } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);

const LARGE = 6 << 20;
const image = () => imageOf([noiseLayer('first', 2000), noiseLayer('large', LARGE)]);

/** The command line as a process of its own. */
function varve(client: Client, args: readonly string[], signal?: AbortSignal): Promise<Outcome> {
  const config = join(client.folder, 'process.config.json');
  writeFileSync(config, JSON.stringify({ options: { '@varve/registry-hub': { retryWait: 5, chunkSize: 1 << 20 } } }));
  return run(process.execPath, [...VARVE, '--root', client.root, '--config', config, ...args], {
    cwd: client.folder,
    ...(signal && { signal }),
  });
}

/** Waits for something, generously. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    if (tries > 3000) throw new Error('It never happened');
    await sleep(20);
  }
}

async function bench() {
  const proxy = await FaultProxy.start(site.registry.host);
  using other = new Client();
  const name = `${proxy.host}/processes/app:1`;
  await other.store(image(), name);
  await other.must(['push', name]);
  const manifest = (await site.manifestOf('processes/app', '1')) ?? { layers: [] };
  const large = manifest.layers.find(({ size }) => size > LARGE / 2)?.digest ?? 'none';
  return { proxy, name, large: new RegExp(`^GET \\S+/blobs/${large}`), manifest };
}

claim('a pull that was killed goes on where it was', async (t) => {
  t.timeout(120_000);
  const { proxy, name, large } = await bench();
  await using _ = proxy;
  using client = new Client();
  const half = LARGE / 2;
  proxy.does({ on: large, times: 1, fault: faults.stallsDown(half) });
  const controller = new AbortController();
  const first = varve(client, ['pull', name], controller.signal);
  await until(() => proxy.seen(large).some(({ down }) => down >= half));
  await sleep(300); // what was sent arrives, and is written
  controller.abort('kill');
  t.not((await first).code, 0);
  t.is(await client.idOf(name), undefined);
  client.isSound(t);

  proxy.does();
  const { code, stderr } = await varve(client, ['pull', name]);
  t.is(code, 0, stderr);
  const start = Number(/^bytes=(\d+)-/.exec(proxy.seen(large)[0]?.headers.range ?? '')?.[1] ?? 0);
  t.true(start > half / 2 && start <= half, `it went on at byte ${start}`);
  t.is(await client.idOf(name), await image().id());
});

claim('a push that was killed goes on: what the registry has is not sent again', async (t) => {
  t.timeout(120_000);
  const { proxy } = await bench();
  await using _ = proxy;
  using client = new Client();
  const name = `${proxy.host}/processes/pushed:1`;
  await client.store(image(), name);
  const stalls: Fault = async ({ request }) => {
    for await (const _chunk of request) await new Promise(() => undefined);
  };
  const isLarge = ({ headers }: { readonly headers: { readonly 'content-length'?: string | undefined } }) =>
    Number(headers['content-length']) > 100_000;
  const send = /^(?:PUT|PATCH) \S+\/blobs\//;
  proxy.does({ on: send, where: isLarge, times: 1, fault: stalls });
  const controller = new AbortController();
  const first = varve(client, ['push', name], controller.signal);
  await until(
    () => proxy.requests.some(({ line, headers }) => send.test(line) && isLarge({ headers })) && proxy.seen(/^PUT \S+digest=/).length >= 1,
  );
  await sleep(500);
  controller.abort('kill');
  t.not((await first).code, 0);
  t.is(await site.manifestOf('processes/pushed', '1'), undefined);

  proxy.does();
  const { code, stderr } = await varve(client, ['push', name]);
  t.is(code, 0, stderr);
  t.truthy(await site.manifestOf('processes/pushed', '1'));
  t.regex(stderr, /Layer already exists/);
});

claim('two processes that pull the same image at once get each blob once', async (t) => {
  t.timeout(120_000);
  const { proxy, name, manifest } = await bench();
  await using _ = proxy;
  using client = new Client();
  /** Slowly, so that both are at it. */
  const slow = faults.changes({
    async *body(source) {
      for await (const chunk of source) {
        await sleep(5);
        yield chunk;
      }
    },
  });
  proxy.does({ on: /^GET \S+\/blobs\//, times: 100, fault: slow });
  const outcomes = await Promise.all([varve(client, ['pull', name]), varve(client, ['pull', name])]);
  t.deepEqual(
    outcomes.map(({ code }) => code),
    [0, 0],
    outcomes.map(({ stderr }) => stderr).join('\n'),
  );
  t.is(await client.idOf(name), await image().id());
  for (const { digest } of manifest.layers) t.is(proxy.seen(new RegExp(`^GET \\S+/blobs/${digest}`)).length, 1, digest);
});
