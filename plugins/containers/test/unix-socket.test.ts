import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { connectTo, listenIn } from '../src/client/unix-socket.ts';

const nobody = test.macro({
  async exec(t, prepare: (dir: string) => Promise<() => void>) {
    const dir = mkdtempSync(join(tmpdir(), 'varve-socket-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const leave = await prepare(dir);
    const connecting = connectTo(dir);
    leave(); // the kernel has put the connection into the queue of whoever listens, who has not taken it yet
    t.is(await connecting, undefined);
  },
  title: (when) => `nobody listens ${when}`,
});
const nothing = (): void => undefined;

test('where nothing is', nobody, async () => nothing);
test('where something else is', nobody, async (dir) => {
  writeFileSync(join(dir, 'socket'), '');
  return nothing;
});
test('any more where the connection was still in the queue', nobody, async (dir) => {
  const server = await listenIn(dir, nothing);
  return () => void server.close();
});
