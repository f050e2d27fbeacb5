import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { removeTree } from '@varve/core/system';
import { printableUrl } from '../copy/printable-url.ts';
import { failure } from './git-failure.ts';
import type { GitSource } from './git-source.ts';
import { type GitSettings, runGit } from './run-git.ts';

export interface FoundCommit {
  readonly commit: string;
  /** What to ask the server for where it does not give commits by themselves; absent for a commit that was written out. */
  readonly ref?: string | undefined;
}

/** git's own: fewer digits say too little. */
const BEGINNING = /^[0-9a-f]{7,63}$/i;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** The commit that a source means, now; nothing is fetched. @throws VarveError `GIT_FAILED`, `GIT_REF`, `GIT_CHECKSUM` */
export async function findCommit(source: GitSource, settings: GitSettings): Promise<FoundCommit> {
  const found = await look(source, settings);
  const { checksum = '' } = source;
  if (found.commit.startsWith(checksum.toLowerCase())) return found;
  throw new VarveError('GIT_CHECKSUM', `expected checksum to match ${checksum}, got ${found.commit}`, {
    hint: 'The ref is at another commit than it was, or the checksum is of something else.',
  });
}

async function look(source: GitSource, settings: GitSettings): Promise<FoundCommit> {
  const { url, ref } = source;
  if (ref !== undefined && COMMIT.test(ref)) return { commit: ref.toLowerCase() };
  const listed = await runGit(['ls-remote', '--', url, ...(ref === undefined ? ['HEAD'] : [ref, `${ref}^{}`])], settings);
  if (listed.code !== 0) throw failure(source, listed.complaint);
  const refs = new Map(listed.stdout.split('\n').map((line) => line.split('\t').reverse() as [string, string]));
  // As git checkout prefers them; of a tag the commit, not the note that was put on it.
  const names = ref === undefined ? ['HEAD'] : [`refs/${ref.replace(/^refs\//, '')}`, `refs/heads/${ref}`, `refs/tags/${ref}`, ref];
  for (const name of names) {
    const commit = refs.get(`${name}^{}`) ?? refs.get(name);
    if (commit !== undefined) return { commit, ref: name };
  }
  const begun = ref !== undefined && BEGINNING.test(ref) ? await lookForBeginning(source, ref, settings) : undefined;
  if (begun) return begun;
  throw new VarveError('GIT_REF', `repository does not contain ref ${ref ?? 'HEAD'}: ${printableUrl(url)}`, {
    hint: 'After the # comes a branch, a tag or a whole commit: <url>#<ref>:<directory>',
  });
}

/**
 * A commit of which only the beginning was given: servers know whole ones only. One that has a name is found there; for any other all
 * commits are fetched, without their files where the server can, and looked through.
 */
async function lookForBeginning({ url }: GitSource, digits: string, settings: GitSettings): Promise<FoundCommit | undefined> {
  const begun = digits.toLowerCase();
  const listed = await runGit(['ls-remote', '--', url], settings);
  const named = listed.stdout.split('\n').find((line) => line.startsWith(begun));
  const [commit = '', ref] = named?.split('\t') ?? [];
  if (named !== undefined) return { commit, ref: ref?.replace(/\^\{\}$/, '') };
  const history = { ...settings, dir: mkdtempSync(join(settings.dir, 'history-')) };
  try {
    const format = listed.stdout.indexOf('\t') === 64 ? 'sha256' : 'sha1';
    await runGit(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`], history);
    const refs = '+refs/*:refs/*';
    const fetched = await runGit(['fetch', '--quiet', '--filter=tree:0', '--', url, refs], history);
    if (fetched.code !== 0) return undefined;
    const found = await runGit(['rev-parse', '--verify', '--quiet', `${begun}^{commit}`], history);
    return found.code === 0 ? { commit: found.stdout.trim() } : undefined;
  } finally {
    await removeTree(history.dir);
  }
}
