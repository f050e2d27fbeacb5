import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { BIG, sampleImage } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);

/** Two mirrors, of which the first is broken, and the registry itself: whoever pulls gets the image, and hears of no failure. */
const broken = (title: string, fault: Fault, { isMixed = false } = {}) =>
  claim(`of two mirrors the first ${title}: the image comes all the same${isMixed ? '' : ', from the second'}`, async (t) => {
    t.timeout(60_000);
    await using first = await FaultProxy.start(site.registry.host);
    await using second = await FaultProxy.start(site.registry.host);
    await using itself = await FaultProxy.start(site.registry.host);
    const mirrors = { [itself.host]: [`http://${first.host}`, `http://${second.host}`] };
    using client = new Client({ mirrors, retries: 1, retryWait: 5, stallTimeout: 2000 });
    const name = `${itself.host}/acme/app:1`;
    first.does({ on: /^GET \S+\/(?:manifests|blobs)\//, times: 1000, fault });
    const { code, stderr } = await client.varve(['pull', name]);
    t.is(code, 0, stderr);
    t.is(await client.idOf(name), await sampleImage().id());
    client.isSound(t);
    t.true(first.requests.length > 0);
    const fromSecond = second.seen(/^GET \S+\/blobs\//).reduce((sum, { down }) => sum + down, 0);
    t.true(fromSecond >= (isMixed ? BIG / 2 : BIG), `${fromSecond} bytes came from the second`);
    if (!isMixed) t.is(itself.seen(/^GET \S+\/blobs\//).length, 0);
  });
broken('is closed', faults.hangsUp);
broken('fails', faults.refuses(500, 'broken'));
broken('has nothing', faults.refuses(404, 'nothing here'));
broken('wants credentials that nobody has', faults.refuses(401, 'who?'));
broken('says that too much is asked', faults.refuses(429, 'slow down', { 'retry-after': '86400' }));
// Its bytes and the second's together are not the layer: neither is believed then.
broken('gives a page for people', faults.says(200, { 'content-type': 'text/html' }, '<html>hello</html>'), { isMixed: true });
broken('gives other bytes', faults.alters(40));
broken('breaks off', faults.cutsDown(300), { isMixed: true });

claim('nothing is pushed to a mirror', async (t) => {
  await using mirror = await FaultProxy.start(site.registry.host);
  await using itself = await FaultProxy.start(site.registry.host);
  using client = new Client({ mirrors: { [itself.host]: [`http://${mirror.host}`] } });
  await client.store(sampleImage(), `${itself.host}/mirrored/app:1`);
  await client.must(['push', `${itself.host}/mirrored/app:1`]);
  t.deepEqual(
    mirror.requests.map(({ line }) => line),
    [],
  );
  t.truthy(await site.manifestOf('mirrored/app', '1'));
});
