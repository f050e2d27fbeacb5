import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST_ENV } from './host-env.ts';
import type { HeldNamespace } from './plan.ts';

/** What processes without a pid namespace of their own are recognised by. */
export type Tree =
  /** One that nobody else is in. */
  ({ readonly kind: 'mount-namespace' } & HeldNamespace) | { readonly kind: 'root'; readonly path: string };

/**
 * Kills every process of a tree, however it may have detached itself, and waits until all are gone. New ones may be started while others
 * are killed, so it is repeated until none is found.
 */
export async function endTree(tree: Tree): Promise<void> {
  if (isOurs(tree)) throw new Error(`refusing to end all processes of ${JSON.stringify(tree)}`);
  while (killAll(tree)) await sleep(1);
}

function killAll(tree: Tree): boolean {
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  const members = pids.filter((pid) => Number(pid) !== process.pid && isOf(pid, tree));
  for (const pid of members) killQuietly(Number(pid));
  return members.length > 0;
}

/** Those that have ended have no links any more. */
function isOf(pid: string, tree: Tree): boolean {
  try {
    return tree.kind === 'root' ? readlinkSync(`/proc/${pid}/root`) === tree.path : readlinkSync(`/proc/${pid}/ns/mnt`) === tree.id;
  } catch {
    return false;
  }
}

const isOurs = (tree: Tree): boolean =>
  tree.kind === 'root' ? realpathSync(tree.path) !== tree.path || tree.path === '/' : tree.id === readlinkSync('/proc/self/ns/mnt');

/** SIGKILL to one process, or to a group where negative; it may have ended already. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ESRCH') throw failure;
  }
}

/** Does what `endTree` does, once its input ends. */
const WATCH = `read -r _
found=yes
while [ -n "$found" ]; do
  found=
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/$1" 2>/dev/null)" = "$2" ] || continue
    found=yes
    kill -s KILL "\${process#/proc/}"
  done
done`;

/**
 * Kills every process of a tree when this process ends, however it does. It, too, holds the namespace: without that the number would be
 * free as soon as both have ended, and whoever gets it next would be killed in their place.
 */
export function watchTree(tree: Tree): AsyncDisposable {
  const mark = tree.kind === 'root' ? ['root', tree.path] : ['ns/mnt', tree.id];
  const held = tree.kind === 'root' ? [] : [tree.fd];
  const watch = spawn('/bin/sh', ['-c', WATCH, 'watch', ...mark], {
    env: HOST_ENV,
    stdio: ['pipe', 'ignore', 'ignore', ...held],
    detached: true,
  });
  const gone = new Promise<void>((done) => {
    watch.once('exit', () => done());
    watch.once('error', () => done());
  });
  watch.stdin?.on('error', () => undefined);
  watch.unref();
  return {
    async [Symbol.asyncDispose]() {
      watch.kill('SIGKILL');
      watch.ref();
      await gone;
    },
  };
}
