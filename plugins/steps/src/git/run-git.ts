import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf, VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { withoutCredentials } from './git-source.ts';

export interface GitSettings extends Abortable {
  /** Where git works. */
  readonly dir: string;
  /** Schemes it may speak, for submodules too: an address in a repository must not reach files of this host. */
  readonly protocols: readonly string[];
  /** More of its environment: where an agent listens, a header. */
  readonly env: Readonly<Record<string, string>>;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: string;
  /** What it complains of, without credentials. */
  readonly complaint: string;
}

/** Bytes of what git may say. */
const LIMIT = 64 << 20;
/** Nothing of the host's templates runs, nothing is left to run in the background, and a connection on which nothing moves ends. */
const CONFIG = [
  'core.hooksPath=/dev/null',
  'advice.detachedHead=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=60',
].flatMap((setting) => ['-c', setting]);
const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);

/**
 * Runs git apart from whoever builds: neither their configuration nor their keys and passwords, so that a build file can only use what
 * was given to the build. It asks nobody anything. A failure is a result.
 *
 * @throws VarveError `GIT_FAILED` when it cannot be started; the signal's reason on abort
 */
export async function runGit(args: readonly string[], settings: GitSettings): Promise<GitResult> {
  const { dir, signal } = settings;
  signal?.throwIfAborted();
  // In a group of its own, with the helpers that it starts.
  const child = spawn('git', [...CONFIG, ...args], { cwd: dir, env: envOf(settings), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  signal?.addEventListener('abort', kill, { once: true });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LIMIT) chunks.push(chunk);
    });
    return () => Buffer.concat(chunks).toString('utf8');
  });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    signal?.throwIfAborted();
    return { code: code ?? 128, stdout: stdout?.() ?? '', complaint: complaintOf(stderr?.() ?? '') };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new VarveError('GIT_FAILED', `git does not start: ${messageOf(cause)}`, { cause, hint: 'Install git.' });
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

function envOf({ dir, protocols, env }: GitSettings): NodeJS.ProcessEnv {
  const proxies = PROXIES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return {
    PATH: process.env.PATH,
    ...Object.fromEntries(proxies),
    HOME: dir,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_ALLOW_PROTOCOL: protocols.join(':'),
    // Keys come from the agent that was given to the build, if any. Hosts that are new are accepted, those that changed are not.
    GIT_SSH_COMMAND: 'ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=30 -o IdentityFile=none -o StrictHostKeyChecking=accept-new',
    ...env,
  };
}

/** The line that says it, of all that git says. */
function complaintOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /\S/.test(line) && !/^(?:hint|warning):/.test(line));
  const line = lines.find((text) => /^(?:fatal|error): /.test(text)) ?? lines.at(-1) ?? 'git says nothing';
  return withoutCredentials(line.replace(/^(?:fatal|error): /, '').trim());
}
