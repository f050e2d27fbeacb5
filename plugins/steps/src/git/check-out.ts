import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FoundCommit } from './find-commit.ts';
import { failure } from './git-failure.ts';
import { type GitSource, withoutCredentials } from './git-source.ts';
import { type GitSettings, runGit } from './run-git.ts';

/** Fetches one commit with its submodules into the empty directory of the settings and returns its time. @throws VarveError `GIT_FAILED` */
export async function checkOut(source: GitSource, { commit, ref }: FoundCommit, settings: GitSettings): Promise<number> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, complaint } = await runGit(args, settings);
    if (code !== 0) throw failure(source, complaint);
    return stdout.trim();
  };
  await git('init', '--quiet', '--template=', `--object-format=${commit.length === 64 ? 'sha256' : 'sha1'}`);
  await git('remote', 'add', 'origin', source.url); // submodules may be named relative to it
  const shallow = await runGit(['fetch', '--quiet', '--no-tags', '--depth=1', 'origin', commit], settings);
  // Old servers give no commit by itself.
  if (shallow.code !== 0) await git('fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*', ...(ref ? [ref] : []));
  await git('checkout', '--quiet', '--force', '--detach', commit);
  await git('submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1');
  const time = Number(await git('show', '--no-patch', '--format=%ct', commit));
  forget(join(settings.dir, '.git'));
  return time;
}

/** Addresses may have credentials in them, which are nothing for an image. */
function forget(gitDir: string): void {
  for (const name of ['FETCH_HEAD', 'ORIG_HEAD', 'logs']) rmSync(join(gitDir, name), { recursive: true, force: true });
  const config = join(gitDir, 'config');
  if (existsSync(config)) writeFileSync(config, withoutCredentials(readFileSync(config, 'utf8')));
  const modules = join(gitDir, 'modules');
  if (existsSync(modules)) for (const dir of gitDirsBelow(modules)) forget(dir);
}

/** A submodule's name may have slashes. */
function gitDirsBelow(dir: string): readonly string[] {
  if (existsSync(join(dir, 'HEAD'))) return [dir];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? gitDirsBelow(join(dir, entry.name)) : []));
}
