import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { DirectoryTree, hostPath, resolvePath } from '@varve/core/archive';
import type { GitPlace } from './git-place.ts';
import { printablePlace } from './printable-place.ts';
import type { StreamedContext } from './read-stream.ts';
import { type GitOptions, runGit } from './run-git.ts';

/** Milliseconds for all that git does. */
const LONGEST = 60 * 60 * 1000;
/** Submodules say themselves where they come from, so they may not name files of this host. */
const REMOTE = ['https', 'http', 'git', 'ssh'];

export interface FetchGitOptions {
  /** Empty; the repository's files are put there. */
  readonly directory: string;
  readonly keepGitDir: boolean;
  readonly signal: AbortSignal;
}

/** Checks out a repository with its submodules: the directory that is meant, and the time of the commit. @throws VarveError `CONTEXT_GIT` */
export async function fetchGit(place: GitPlace, { directory, keepGitDir, signal }: FetchGitOptions): Promise<StreamedContext> {
  const options = await withSsh({
    directory,
    protocols: place.url.startsWith('file:') ? [...REMOTE, 'file'] : REMOTE,
    signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]),
  });
  const git = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runGit(args, options);
    if (code !== 0) throw failed(place, stderr);
    return stdout.trim();
  };
  await git('init', '--quiet', '--template=');
  await git('remote', 'add', 'origin', place.url);
  const commit = await fetchCommit(place, git, options);
  if (!commit.startsWith(place.checksum ?? '')) throw failed(place, `expected checksum to match ${place.checksum}, got ${commit}`);
  await git('checkout', '--quiet', '--force', '--detach', commit);
  const time = Number(await git('show', '--no-patch', '--format=%ct', commit));
  if (existsSync(join(directory, '.gitmodules'))) await fetchSubmodules(place, options);
  if (keepGitDir) await git('remote', 'set-url', 'origin', printablePlace(place.url));
  else await removeGitDirs(directory);
  return { directory: subdirOf(place, directory), time };
}

/** ssh asks nobody anything either, unless the user has chosen another one. */
async function withSsh(options: GitOptions): Promise<GitOptions> {
  const { GIT_SSH_COMMAND, GIT_SSH } = process.env;
  const isChosen = Boolean(GIT_SSH_COMMAND || GIT_SSH) || (await runGit(['config', '--get', 'core.sshCommand'], options)).code === 0;
  return isChosen ? options : { ...options, ssh: 'ssh -o BatchMode=yes -o ConnectTimeout=30' };
}

type Git = (...args: readonly string[]) => Promise<string>;

/** The one commit, where the server gives it by itself; else everything. */
async function fetchCommit(place: GitPlace, git: Git, options: GitOptions): Promise<string> {
  const { ref = 'HEAD' } = place;
  if (!/^[\w][^\s:^~?*[\\]*$/.test(ref))
    throw new VarveError('CONTEXT_GIT', `Expected a branch, tag or commit after the #, found ${JSON.stringify(ref)}`);
  const shallow = await runGit(['fetch', '--quiet', '--depth=1', '--no-tags', 'origin', ref], options);
  if (shallow.code === 0) return await git('rev-parse', '--verify', 'FETCH_HEAD^{commit}');
  await git('fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*', '+HEAD:refs/remotes/origin/HEAD');
  for (const name of [`refs/tags/${ref}`, `refs/remotes/origin/${ref.replace(/^refs\/heads\//, '')}`, ref]) {
    const found = await runGit(['rev-parse', '--verify', '--quiet', `${name}^{commit}`], options);
    if (found.code === 0) return found.stdout.trim();
  }
  throw failed(place, `repository does not contain ref ${ref}`);
}

async function fetchSubmodules(place: GitPlace, options: GitOptions): Promise<void> {
  const { code, stderr } = await runGit(['submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1'], {
    ...options,
    protocols: REMOTE,
  });
  if (code !== 0) throw failed(place, stderr);
}

/** The repository's own and its submodules' pointers. */
async function removeGitDirs(directory: string): Promise<void> {
  rmSync(join(directory, '.git'), { recursive: true, force: true });
  if (!existsSync(join(directory, '.gitmodules'))) return;
  const { default: glob } = await import('fast-glob'); // few repositories have submodules
  for (const path of glob.sync('**/.git', { cwd: directory, dot: true, onlyFiles: false, followSymbolicLinks: false }))
    rmSync(join(directory, path), { recursive: true, force: true });
}

/** Never outside of the repository, also not through a symlink. */
function subdirOf({ url, subdir }: GitPlace, directory: string): string {
  if (subdir === undefined) return directory;
  const { path, entry } = resolvePath(new DirectoryTree(directory), subdir);
  if (entry?.type === 'directory') return path === '' ? directory : hostPath(directory, path);
  throw new VarveError('CONTEXT_GIT', `subdir not found: ${printablePlace(url)} has no directory ${JSON.stringify(subdir)}`);
}

function failed({ url }: GitPlace, stderr: string): VarveError {
  const lines = stderr.split('\n').filter((line) => /\S/.test(line) && !line.startsWith('hint:'));
  const line = lines.find((text) => text.startsWith('fatal:')) ?? lines.at(-1) ?? 'git says nothing';
  const why = printablePlace(line.replace(/^fatal: /, '').trim());
  return new VarveError('CONTEXT_GIT', `failed to fetch remote ${printablePlace(url)}: ${why}`, {
    hint: DENIED.test(stderr)
      ? 'git asks nobody for a password here: a private repository needs a credential helper, or a key in the ssh agent.'
      : 'Look whether the address and what follows the # are right: <repository>#<branch, tag or commit>:<directory>',
  });
}
const DENIED = /terminal prompts disabled|Authentication failed|Permission denied|Host key verification/i;
