import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { watchTree } from '../../system/launch/end-tree.ts';
import { asRoot } from './helpers.ts';

/** A process in a new mount namespace, and the number of that. */
async function unshared(...command: readonly string[]) {
  const child = spawn('unshare', ['--mount', 'sh', '-c', 'readlink /proc/self/ns/mnt; exec "$@"', 'sh', ...command]);
  const [id] = await once(child.stdout, 'data');
  return { child, id: String(id).trim() };
}

asRoot('the number of a namespace is nobody else’s while somebody watches over its processes', async (t) => {
  const { child, id } = await unshared('sleep', '1000');
  const fd = openSync(`/proc/${child.pid}/ns/mnt`, 'r');
  t.is(readlinkSync(`/proc/self/fd/${fd}`), id);
  await using _watch = watchTree({ kind: 'mount-namespace', id, fd });
  closeSync(fd);
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (let i = 0; i < 10; i++) {
    const other = await unshared('true');
    t.not(other.id, id);
  }
});
