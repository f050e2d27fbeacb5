import { asCacheKey, asLayerID, digestOf } from '../../image/index.ts';
import type { CacheRecord, CacheStore } from '../../src/index.ts';
import type { StoreClaim } from '../store-contract.ts';

const recordOf = (name: string, more: Partial<CacheRecord> = {}): CacheRecord => ({
  key: asCacheKey(digestOf(name)),
  parts: { command: name, 'env.PATH': '/bin', 'file «a b»': 'sha256:1' },
  parent: 'sha256:below',
  kind: 'run',
  title: `RUN ${name}`,
  layer: asLayerID(digestOf(`layer of ${name}`)),
  createdAt: '2026-01-02T03:04:05.678Z',
  ...more,
});

export function cacheClaims(claim: StoreClaim<CacheStore>): void {
  claim('a key that nobody put has no record', async (t, { store }) => {
    t.is(await store.get(recordOf('none').key), undefined);
  });

  claim('a record comes back as it was put', async (t, { store }) => {
    await store.put(recordOf('a'));
    t.deepEqual(await store.get(recordOf('a').key), recordOf('a'));
  });

  claim('putting a record twice is putting it once', async (t, { store }) => {
    await store.put(recordOf('a'));
    await store.put(recordOf('a'));
    t.deepEqual(await store.get(recordOf('a').key), recordOf('a'));
    if (store.siblings) t.is((await store.siblings('sha256:below', 'run')).length, 1);
  });

  claim('the last writer wins', async (t, { store }) => {
    await store.put(recordOf('a'));
    const newer = recordOf('a', { layer: asLayerID(digestOf('other')), parts: { command: 'other' }, createdAt: '2027-01-01T00:00:00Z' });
    await store.put(newer);
    t.deepEqual(await store.get(newer.key), newer);
  });

  claim('siblings are the records of one parent and kind, newest first', async (t, { store }) => {
    if (store.siblings === undefined) {
      t.pass('siblings are optional');
      return;
    }
    await store.put(recordOf('a'));
    await store.put(recordOf('b'));
    await store.put(recordOf('copy', { kind: 'copy' }));
    await store.put(recordOf('above', { parent: 'sha256:other' }));
    await store.put(recordOf('c'));
    const found = await store.siblings('sha256:below', 'run');
    t.deepEqual(
      found.map(({ title }) => title),
      ['RUN c', 'RUN b', 'RUN a'],
    );
    t.deepEqual(found[0], recordOf('c'));
  });
}
