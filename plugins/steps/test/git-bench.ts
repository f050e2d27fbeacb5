import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { CopySource } from '@varve/core';
import { temporaryDir } from '@varve/core/testing';
import type { ExecutionContext } from 'ava';
import { blobStore } from './blob-store.ts';
import type { Case } from './copy-bench.ts';

const WHO = { NAME: 'Nobody', EMAIL: 'nobody@localhost', DATE: '1000000000 +0000' };
const ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  ...Object.fromEntries(
    Object.entries(WHO).flatMap(([name, value]) => ['AUTHOR', 'COMMITTER'].map((who) => [`GIT_${who}_${name}`, value])),
  ),
};

/** A repository to commit to, in a directory of its own. */
export class Repository {
  readonly dir: string;
  readonly base: string;

  constructor(t: ExecutionContext, name = 'repo.git', base: string = temporaryDir(t)) {
    this.base = base;
    this.dir = join(base, name);
    mkdirSync(this.dir);
    this.git('init', '--quiet', '--initial-branch=main');
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], { cwd: this.dir, env: ENV, encoding: 'utf8' }).trim();
  }

  /** `+x` at a path's end makes it executable, a value that begins with `->` a symlink. */
  commit(files: Readonly<Record<string, string>>): string {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.dir, name.replace(/\+x$/, ''));
      mkdirSync(dirname(path), { recursive: true });
      if (text.startsWith('->')) symlinkSync(text.slice(2), path);
      else writeFileSync(path, text);
      if (name.endsWith('+x')) chmodSync(path, 0o755);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message=of this test');
    return this.git('rev-parse', 'HEAD');
  }

  get url(): string {
    return `file://${this.dir}`;
  }
}

/** Serves what is in a directory as `git daemon` does; returns the address. */
export async function startDaemon(t: ExecutionContext, base: string): Promise<string> {
  const port = await freePort();
  const args = ['daemon', '--reuseaddr', '--export-all', '--listen=127.0.0.1', `--port=${port}`, `--base-path=${base}`, base];
  const child = spawn('git', args, {
    env: { ...ENV, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' },
    detached: true,
    stdio: 'ignore',
  });
  t.teardown(() => endGroup(child));
  for (let i = 0; !(await answers(port)); i++) {
    if (i > 200) throw new Error('git daemon does not answer');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return `git://127.0.0.1:${port}`;
}

const endGroup = ({ pid }: ChildProcess): void => void (pid !== undefined && process.kill(-pid));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

/** Serves a repository's files over http to who brings the header, and remembers the headers that were brought. */
export async function serveFiles(t: ExecutionContext, repository: Repository, wanted: string | undefined) {
  repository.git('update-server-info');
  const brought: (string | undefined)[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    brought.push(headers.authorization);
    const file = join(repository.dir, '.git', new URL(url, 'http://localhost').pathname.replace(/^\/repo\.git\//, ''));
    if (wanted !== undefined && headers.authorization !== wanted) response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
    else if (existsSync(file) && statSync(file).isFile()) response.end(readFileSync(file));
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, brought };
}

/** `ADD <url> /o` */
export function add(
  t: ExecutionContext,
  url: string,
  more: Partial<CopySource & { kind: 'git' }> = {},
  rest: Partial<Case> = {},
): Case & { root: string } {
  const root = temporaryDir(t);
  const source: CopySource = { kind: 'git', url, keepGitDir: false, ...more };
  return { store: blobStore(temporaryDir(t)), root, ...rest, step: { dest: '/o', sources: [source], ...rest.step } };
}
