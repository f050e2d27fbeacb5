import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { OldDigests } from '../src/collect/old-digests.ts';
import { LocalStore } from '../src/local-store.ts';

/** Nanoseconds, as files have them. */
const START = 1_700_000_000_000_000_000n;

test('digests of the files that were changed the longest ago go, and the database shrinks', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'varve-digests-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  await using store = new LocalStore(root);
  const { database } = store;
  const insert = 'INSERT INTO files (dev, ino, size, mtime, ctime, digest) VALUES (1, ?, 1, ?, ?, ?)';
  database.transaction(() => {
    for (let i = 0; i < 20_000; i++) database.run(insert, 20_000_000 + i, START, START + BigInt(i), Buffer.alloc(32));
  });
  database.compact();
  const size = () => statSync(join(root, 'db', 'store.sqlite')).size;
  const before = size();
  const digests = new OldDigests(database, 1_000);
  const [item] = digests.items();
  t.is(item?.title, 'digests of the 19000 files that were changed the longest ago');
  digests.remove();
  t.deepEqual(digests.items(), []);
  t.deepEqual(
    { ...database.get('SELECT count(*) AS count, CAST(min(ctime) AS TEXT) AS oldest FROM files') },
    { count: 1_000, oldest: '1700000000000019000' },
  );
  t.true(Math.abs(before - size() - (item?.size ?? 0)) < 0.3 * before, `${before} to ${size()}, announced ${item?.size}`);
});
