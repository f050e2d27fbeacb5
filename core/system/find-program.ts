import type { Stats } from 'node:fs';
import { readProgramFormat } from './program-format.ts';
import type { RootView } from './root-view.ts';

export interface ProgramQuery {
  readonly name: string;
  readonly env: readonly string[];
  /** For relative names. */
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
}

/** The path to execute inside the root, or why there is none, with the exit code that shells and docker have for it. */
export type Program =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'failed'; readonly exitCode: 126 | 127; readonly message: string };

/**
 * Finds a program by the process's own PATH, inside the root, and looks whether it can be executed. The messages are those that docker
 * prints.
 */
export function findProgram(view: RootView, query: ProgramQuery): Program {
  const { name } = query;
  if (!name.includes('/')) {
    const found = candidates(query).map((path) => look(view, path, query));
    return found.find((program) => program?.kind === 'found') ?? found.find((program) => program !== undefined) ?? missing(name);
  }
  const path = name.startsWith('/') ? name : `${query.cwd}/${name}`;
  return look(view, path, query) ?? failed(127, name, `stat ${name}: no such file or directory`);
}

/** Not those relative to the working directory, which would be found by chance. */
const candidates = ({ name, env }: ProgramQuery): readonly string[] => {
  const path = env.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
  return path
    .split(':')
    .filter((dir) => dir.startsWith('/'))
    .map((dir) => `${dir}/${name}`);
};
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function look(view: RootView, candidate: string, query: ProgramQuery): Program | undefined {
  const at = resolveOrMissing(view, candidate);
  if (at === undefined) return undefined;
  // What lies in /proc or a tmpfs cannot be seen from here: the kernel decides.
  if (at.host === undefined) return query.name.includes('/') ? { kind: 'found', path: candidate } : undefined;
  if (at.stats === undefined) return undefined;
  if (!at.stats.isFile()) return query.name.includes('/') ? failed(126, query.name, 'is a directory') : undefined;
  if (!isExecutable(at.stats, query.user)) return failed(126, query.name, 'permission denied');
  return whyNotExecutable(view, at.host, candidate) ?? { kind: 'found', path: candidate };
}

function resolveOrMissing(view: RootView, path: string): ReturnType<RootView['resolve']> | undefined {
  try {
    return view.resolve(path);
  } catch {
    return undefined; // through a file, or a loop: not there
  }
}

/** execvp(3) would hand a file of an unknown format to /bin/sh; docker does not. */
function whyNotExecutable(view: RootView, host: string, path: string): Program | undefined {
  const format = readProgramFormat(host);
  if (format.kind === 'unknown') return { kind: 'failed', exitCode: 126, message: `exec ${path}: exec format error` };
  const { interpreter } = format;
  if (interpreter === undefined || !interpreter.startsWith('/')) return undefined;
  const at = resolveOrMissing(view, interpreter);
  if (at !== undefined && (at.host === undefined || at.stats !== undefined)) return undefined;
  return { kind: 'failed', exitCode: 127, message: `exec ${path}: no such file or directory (its interpreter ${interpreter} is missing)` };
}

function isExecutable({ mode, uid, gid }: Stats, user: ProgramQuery['user']): boolean {
  if (user.uid === 0) return (mode & 0o111) !== 0;
  if (user.uid === uid) return (mode & 0o100) !== 0;
  return (mode & (user.gid === gid || user.groups.includes(gid) ? 0o010 : 0o001)) !== 0;
}

const missing = (name: string): Program => failed(127, name, 'executable file not found in $PATH');
const failed = (exitCode: 126 | 127, name: string, reason: string): Program => ({
  kind: 'failed',
  exitCode,
  message: `exec: ${JSON.stringify(name)}: ${reason}`,
});
