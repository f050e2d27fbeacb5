import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { imageOf, noiseLayer, sampleImage } from './images.ts';
import { isNginxMissing, startNginx } from './nginx-registry.ts';

withoutSettings();
const claim = isNginxMissing ? test.skip : test.serial;

claim('a registry of another origin takes an image and gives it back', async (t) => {
  await using registry = await startNginx();
  using here = new Client();
  using there = new Client();
  const name = `${registry.host}/acme/app:1`;
  await here.store(sampleImage(), name);
  await here.must(['push', name]);
  await there.must(['pull', name]);
  t.is(await there.idOf(name), await sampleImage().id());
  there.isSound(t);
});

claim('what it has is not sent again, and what has to be pulled goes on where it broke', async (t) => {
  await using registry = await startNginx();
  await using proxy = await FaultProxy.start(registry.host);
  using here = new Client();
  using there = new Client({ retryWait: 5 });
  const name = `${proxy.host}/acme/app:1`;
  await here.store(sampleImage(), name);
  await here.must(['push', name]);
  proxy.does();
  await here.must(['push', name]);
  t.deepEqual(proxy.seen(/^(?:POST|PUT|PATCH) \S+\/blobs\//), []);
  proxy.does({
    on: /^GET \S+\/blobs\//,
    where: ({ headers }) => headers.range === undefined,
    times: 1000,
    fault: faults.cutsDown(100_000),
  });
  await there.must(['pull', name]);
  t.true(proxy.requests.some(({ headers }) => headers.range === 'bytes=100000-'));
  t.is(await there.idOf(name), await sampleImage().id());
});

claim('a layer that is large enough to go in pieces goes at once where pieces are not taken', async (t) => {
  t.timeout(60_000);
  await using registry = await startNginx();
  using here = new Client();
  using there = new Client();
  const image = () => imageOf([noiseLayer('large', 20_000_000)]);
  const name = `${registry.host}/acme/large:1`;
  await here.store(image(), name);
  await here.must(['push', name]);
  await there.must(['pull', name]);
  t.is(await there.idOf(name), await image().id());
});
