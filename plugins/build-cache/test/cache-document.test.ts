import { asCacheKey, asDiffID, asLayerID, digestOf, type Image, makeImage } from '@varve/core/image';
import test from 'ava';
import { CACHE_MEMBER, readEntries, recordsMember } from '../src/cache-document.ts';

const DIFF_IDS = ['a', 'b'].map((name) => asDiffID(digestOf(name)));
const record = {
  key: asCacheKey(digestOf('key')),
  layer: asLayerID(digestOf('layer')),
  at: 1,
  created: '2026-01-02T03:04:05.678Z',
};
const imageWith = (member: unknown): Image =>
  makeImage({ config: { os: 'linux', architecture: 'amd64', config: {}, history: [], [CACHE_MEMBER]: member }, layers: [] });

test('records come back as they were written', (t) => {
  const other = { ...record, key: asCacheKey(digestOf('other')), at: 0, layer: asLayerID(digestOf('other layer')) };
  const written = JSON.parse(JSON.stringify(recordsMember([record, other])));
  const entries = readEntries(imageWith(written), DIFF_IDS);
  t.deepEqual(new Map(entries), new Map([record, other].map((entry) => [entry.key, entry])));
});

test('the same records are the same text, in whatever order steps came to them', (t) => {
  const other = { ...record, key: asCacheKey(digestOf('other')) };
  t.deepEqual(recordsMember([record, other]), recordsMember([other, record]));
});

test('an image without the member has no records', (t) => t.is(readEntries(imageWith(undefined), DIFF_IDS), undefined));

test('members that a later version may add are passed over', (t) => {
  t.is(readEntries(imageWith({ records: [{ ...record, more: 1 }], also: [] }), DIFF_IDS)?.size, 1);
});

const refuses = test.macro({
  exec(t, member: unknown) {
    t.throws(() => readEntries(imageWith(member), DIFF_IDS), { code: 'CACHE_INVALID' });
  },
  title: (text = '') => `a cache with ${text} is refused`,
});
test('no list of records', refuses, {});
test('text in place of records', refuses, 'records');
test('a number in place of records', refuses, 7);
test('a record that is none', refuses, { records: [null] });
test('a key that is no digest', refuses, { records: [{ ...record, key: 'sha256:../../etc' }] });
test('a key of another algorithm', refuses, { records: [{ ...record, key: 'sha512:00' }] });
test('a layer that is no digest', refuses, { records: [{ ...record, layer: '../layer' }] });
test('a list as a layer', refuses, { records: [{ ...record, layer: [record.layer] }] });
test('a layer called by the digest of one', refuses, { records: [{ ...record, layer: DIFF_IDS[0] }] });
test('one name for two layers', refuses, { records: [record, { ...record, key: digestOf('other'), at: 0 }] });
test('a place before the first layer', refuses, { records: [{ ...record, at: -1 }] });
test('a place after the last layer', refuses, { records: [{ ...record, at: 2 }] });
test('half a place', refuses, { records: [{ ...record, at: 0.5 }] });
test('a place in text', refuses, { records: [{ ...record, at: '1' }] });
test('a time that is none', refuses, { records: [{ ...record, created: 'yesterday' }] });
test('an impossible time', refuses, { records: [{ ...record, created: '2026-99-99T99:99:99Z' }] });
test('escape sequences for a time', refuses, { records: [{ ...record, created: '\u001b[2J2026-01-02T03:04:05Z' }] });
test('more records than a build has steps', refuses, { records: new Array(10_001).fill(record) });

test('a build with more steps than that exports none', (t) => {
  t.throws(() => recordsMember(new Array(10_001).fill(record)), { code: 'CACHE_LIMIT' });
});
