import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { OldFindings } from '../src/collect/old-findings.ts';
import { LocalStore } from '../src/local-store.ts';

test('of what was found in trees goes what nobody asked for since then, and what was recalled stays', async (t) => {
  const root = temporaryDir(t);
  {
    await using store = new LocalStore(root);
    for (const name of ['old', 'recalled', 'new']) await store.fileDigests.remember(name, name.toUpperCase());
    store.database.transaction(() => store.database.run("UPDATE remembered SET used_at = 5 WHERE name <> 'new'"));
  }
  {
    await using store = new LocalStore(root);
    t.is(await store.fileDigests.recall('recalled'), 'RECALLED');
  }
  await using store = new LocalStore(root);
  const findings = new OldFindings(store.database, 6);
  t.like(findings.items(), [{ size: 'oldOLD'.length, usedAt: 5 }]);
  findings.remove();
  t.deepEqual(findings.items(), []);
  const left = ['old', 'recalled', 'new'].map(async (name) => await store.fileDigests.recall(name));
  t.deepEqual(await Promise.all(left), [undefined, 'RECALLED', 'NEW']);
});

test('a use is noted once a day', async (t) => {
  const root = temporaryDir(t);
  const hour = 3_600_000;
  for (const [ago, isNoted] of [
    [23 * hour, false],
    [25 * hour, true],
  ] as const) {
    const then = Date.now() - ago;
    {
      await using store = new LocalStore(root);
      await store.fileDigests.remember('tree', 'x');
      store.database.transaction(() => store.database.run('UPDATE remembered SET used_at = ?', then));
    }
    {
      await using store = new LocalStore(root);
      await store.fileDigests.recall('tree');
    }
    await using store = new LocalStore(root);
    t.is(Number(store.database.get('SELECT used_at FROM remembered')?.used_at) !== then, isNoted);
  }
});
