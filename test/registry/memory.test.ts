import test from 'ava';
import { peakWhile } from '../helpers/peak-memory.ts';
import { VARVE } from '../helpers/varve.ts';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { imageOf, noiseLayer } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);
const SIZE = 32 << 20;
/** MB of resident memory. Where nothing was compiled, each thread has a compiler. */
const LIMIT = VARVE.length === 2 ? 150 : 250;

claim(`pushing and pulling four layers of ${SIZE >> 20} MiB each takes less than ${LIMIT} MB`, async (t) => {
  t.timeout(300_000);
  const name = `${site.registry.host}/acme/large:1`;
  const image = imageOf(['a', 'b', 'c', 'd'].map((seed) => noiseLayer(seed, SIZE)));
  using client = new Client();
  using other = new Client();
  await client.store(image, name);
  const peakOf = (on: Client, verb: string): Promise<number> =>
    peakWhile(async (started) => {
      const { code, stderr } = await on.process([verb, '-q', name], { started });
      t.is(code, 0, stderr);
    });
  const peaks = { push: await peakOf(client, 'push'), pull: await peakOf(other, 'pull') };
  t.log(peaks);
  for (const [what, peak] of Object.entries(peaks)) t.true(peak > 20 && peak < LIMIT, `${what} took ${peak} MB`);
  t.is(await other.idOf(name), await image.id());
});
