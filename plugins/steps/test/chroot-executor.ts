import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Executor, ProcessSpec, Workspace } from '@varve/core';
import { temporaryDir } from '@varve/core/testing';
import type { ExecutionContext } from 'ava';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Mounts in a mount namespace of its own, so that nothing has to be undone. */
function mountLine({ type, source, options, target }: ProcessSpec['mounts'][number], root: string): string {
  const at = join(root, target);
  if (type !== 'bind') mkdirSync(at, { recursive: true });
  else {
    mkdirSync(dirname(at), { recursive: true });
    if (statSync(source).isDirectory()) mkdirSync(at, { recursive: true });
    else writeFileSync(at, '');
  }
  if (type !== 'bind') return `/bin/mount -t ${type} -o ${quote(options.join(','))} ${source} ${quote(at)}`;
  return `/bin/mount --bind ${quote(source)} ${quote(at)}${options.includes('ro') ? ` && /bin/mount -o remount,bind,ro ${quote(at)}` : ''}`;
}

/** Starts real processes with nothing but chroot, and remembers what it was asked. */
export function chrootExecutor({ networks = ['default', 'none', 'host'], features }: Partial<Executor['capabilities']> = {}) {
  const asked: ProcessSpec[] = [];
  const executor: Executor = {
    name: 'test',
    capabilities: { networks, isolated: false, features },
    run: (process, io) => {
      asked.push(process);
      const { root, user, cwd, env, args, mounts } = process;
      mkdirSync(join(root, cwd), { recursive: true });
      const groups = [user.gid, ...user.groups].join(',');
      const inside = ['/bin/busybox', 'sh', '-c', `cd ${quote(cwd)} && exec ${args.map(quote).join(' ')}`].map(quote).join(' ');
      const start = `exec /usr/sbin/chroot --userspec=${user.uid}:${user.gid} --groups=${groups} ${quote(root)} ${inside}`;
      const script = [...mounts.map((mount) => mountLine(mount, root)), start].join(' && ');
      const environment = Object.fromEntries(env.map((entry) => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)]));
      return new Promise((resolve, reject) => {
        const child = spawn('/usr/bin/unshare', ['-m', '/bin/sh', '-c', script], {
          env: environment,
          signal: io.signal,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        child.stdout.on('data', io.stdout);
        child.stderr.on('data', io.stderr);
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ exitCode: code ?? 128, ...(signal && { signal }) }));
      });
    },
  };
  return { executor, asked };
}

/** A root with busybox in it. */
export function busyboxRoot(t: ExecutionContext): Workspace {
  const root = mkdtempSync(join(temporaryDir(t), 'root-'));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'bin'));
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of ['sh', 'cat', 'echo', 'id', 'ls', 'env', 'pwd', 'touch', 'stat', 'mount', 'sleep', 'rm', 'wc'])
    symlinkSync('busybox', join(root, 'bin', name));
  return { root, [Symbol.asyncDispose]: async () => undefined };
}
