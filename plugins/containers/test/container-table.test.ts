import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ContainerSpec, ContainerState } from '../src/state/container-record.ts';
import { ContainerTable } from '../src/state/container-table.ts';
import { Database } from '../src/state/database.ts';
import { Places } from '../src/state/places.ts';

/** Something happens while a reader, who has read the row, looks whether anybody holds the container. */
class Interrupted extends Places {
  meanwhile: (() => void) | undefined;

  override lock(id: string): string {
    const happen = this.meanwhile;
    this.meanwhile = undefined;
    happen?.();
    return super.lock(id);
  }
}

/** A container whose row says that it runs, and whom nobody holds any more. */
function runs(t: ExecutionContext, id: string) {
  const root = mkdtempSync(join(tmpdir(), 'varve-table-'));
  const places = new Interrupted(root);
  const [database, other] = [new Database(places.database), new Database(places.database)];
  t.teardown(async () => {
    await database[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    rmSync(root, { recursive: true });
  });
  const table = new ContainerTable(database, places);
  const spec = { image: { manifest: 'sha256:0' } } as unknown as ContainerSpec; // nothing else is looked at
  table.add({ id, name: id, createdAt: 0, spec, state: { status: 'running', startedAt: 1 } });
  mkdirSync(places.container(id), { recursive: true });
  writeFileSync(join(places.container(id), 'lock'), '');
  return { table, places, supervisor: new ContainerTable(other, new Places(root)) };
}

const ended: ContainerState = { status: 'exited', exitCode: 3, startedAt: 1, finishedAt: 2 };

test('one that ends while it is looked at has ended as its supervisor says', (t) => {
  const { table, places, supervisor } = runs(t, 'one');
  places.meanwhile = () => void supervisor.change('one', () => ended);
  t.deepEqual(table.byId('one')?.state, ended);
});

test('one whose supervisor says nothing was killed with it', (t) => {
  const { table } = runs(t, 'one');
  t.like(table.byId('one')?.state, { status: 'exited', exitCode: 137, finishedAt: 1 });
});
