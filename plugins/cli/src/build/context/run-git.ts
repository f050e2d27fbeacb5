import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';
import { messageOf, VarveError } from '@varve/core';

export interface GitOptions {
  readonly directory: string;
  /** Schemes that may be spoken: an address in a repository must not reach files of this host. */
  readonly protocols: readonly string[];
  /** Instead of what ssh is otherwise. */
  readonly ssh?: string | undefined;
  readonly signal: AbortSignal;
}

export interface GitOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What would lead git to another repository than the one that is made here (git-rev-parse(1), --local-env-vars). */
const REPOSITORY_OF_ANOTHER =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_.*|COMMON_DIR|PREFIX|NAMESPACE|SHALLOW_FILE|CONFIG)$/;
/** Nothing of the user's templates runs, and a connection on which nothing moves ends. */
const SETTINGS = ['core.hooksPath=/dev/null', 'advice.detachedHead=false', 'http.lowSpeedLimit=1', 'http.lowSpeedTime=60'];

/** Runs git, which asks nobody anything. A failure is a result. @throws VarveError `CONTEXT_GIT` where there is no git */
export async function runGit(args: readonly string[], options: GitOptions): Promise<GitOutcome> {
  const { signal } = options;
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const child = start([...settings, ...args], options);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => resolve(code ?? 128 + (by === null ? 0 : constants.signals[by])));
  });
  try {
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, stdout, stderr };
  } catch (cause) {
    if (signal.aborted) throw VarveError.is(signal.reason) ? signal.reason : new VarveError('CONTEXT_GIT', 'git took too long', { cause });
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not installed' : messageOf(cause);
    throw new VarveError('CONTEXT_GIT', `unable to find git, which a context that is a repository needs: ${why}`, {
      cause,
      hint: 'Install git, or fetch the repository yourself and give its directory.',
    });
  }
}

function start(args: readonly string[], { directory, protocols, ssh, signal }: GitOptions) {
  const own = Object.entries(process.env).filter(([name]) => !REPOSITORY_OF_ANOTHER.test(name));
  const env = {
    ...Object.fromEntries(own),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: protocols.join(':'),
    ...(ssh !== undefined && { GIT_SSH_COMMAND: ssh }),
  };
  // Modes of files come from the repository and not from whoever builds it.
  const umask = process.umask(0o022);
  try {
    return spawn('git', args, { cwd: directory, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  } finally {
    process.umask(umask);
  }
}
