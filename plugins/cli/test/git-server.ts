import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Files } from './build-bench.ts';

/** Runs git, without the settings of this machine's users. */
export function git(directory: string, ...args: readonly string[]): string {
  const identity = [
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@example.org',
    '-c',
    'init.defaultBranch=main',
    '-c',
    'protocol.file.allow=always',
  ];
  return execFileSync('git', [...identity, ...args], { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** Makes a repository, or one more commit in it, and returns the commit's name. */
export function commit(directory: string, files: Files): string {
  mkdirSync(directory, { recursive: true });
  git(directory, 'init', '--quiet');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--message', 'more');
  return git(directory, 'rev-parse', 'HEAD');
}

/** Serves the repositories of a directory on loopback: `git://127.0.0.1:<port>/<name>`. */
export async function serveGit(base: string): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await freePort();
  const child = spawn(
    'git',
    ['daemon', '--listen=127.0.0.1', `--port=${port}`, '--export-all', '--reuseaddr', '--verbose', `--base-path=${base}`, base],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  child.stderr.on('data', (chunk) => void (String(chunk).includes('Ready to rumble') && ready.resolve()));
  await Promise.race([ready.promise, exited.then(() => Promise.reject(new Error('git daemon did not start')))]);
  return {
    url: `git://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined) process.kill(-child.pid); // git starts git-daemon
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}
