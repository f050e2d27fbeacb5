import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { LocalStore } from '../src/local-store.ts';
import { MIGRATIONS, SCHEMA_VERSION } from '../src/schema.ts';

const tablesOf = (root: string): readonly unknown[] => {
  const database = new DatabaseSync(join(root, 'db', 'store.sqlite'));
  try {
    return [
      database.prepare('PRAGMA user_version').get(),
      ...database.prepare('SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all(),
    ];
  } finally {
    database.close();
  }
};

for (const [index] of MIGRATIONS.entries())
  test(`a store with the tables of version ${index + 1} is brought up to date when it is first read`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'varve-migrate-'));
    t.teardown(() => rmSync(root, { recursive: true, force: true }));
    const [old, fresh] = [join(root, 'old'), join(root, 'fresh')];
    for (const path of [old, fresh]) {
      mkdirSync(path);
      await using store = new LocalStore(path);
      await store.state.remember('a', 'b'); // makes store.json and the tables
      store.database.transaction(() => undefined);
    }
    rmSync(join(old, 'db'), { recursive: true });
    mkdirSync(join(old, 'db'));
    const before = new DatabaseSync(join(old, 'db', 'store.sqlite'));
    before.exec(`PRAGMA journal_mode = WAL; ${MIGRATIONS.slice(0, index + 1).join('\n')} PRAGMA user_version = ${index + 1};
      INSERT INTO images (digest, media_type, manifest_size, id, size, stored_at)
      VALUES ('sha256:${'1'.repeat(64)}', 'application/vnd.oci.image.manifest.v1+json', 1, 'sha256:${'2'.repeat(64)}', 3, 4);`);
    before.close();

    await using store = new LocalStore(old);
    const images = await store.images.list();
    t.deepEqual(
      images.map(({ id, size }) => ({ id, size })),
      [{ id: `sha256:${'2'.repeat(64)}` as never, size: 3 }],
    );
    t.deepEqual(tablesOf(old), tablesOf(fresh));
    t.is((tablesOf(old)[0] as { user_version: number }).user_version, SCHEMA_VERSION);
  });
