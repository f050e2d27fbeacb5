import { chmodSync, lstatSync, mkdirSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { VarveError } from '../src/errors.ts';
import { setMtime } from './file-times.ts';
import type { MountContent, RootPath, RootView } from './root-view.ts';

export interface MountTarget extends MountContent {
  /** Absolute inside the root; symlinks in it are followed inside the root. */
  readonly target: string;
  readonly type: 'file' | 'directory';
}

export interface MountPoints extends Disposable {
  /** Where to mount each target: inside the root, without symlinks, in the order asked. */
  readonly paths: readonly string[];
  /**
   * Removes what was made, but for directories that something was put into meanwhile. The times of the directories around stay as they
   * are found. Idempotent.
   */
  undo(): void;
}

/** By host path: how many runs of this process need a mount point that one of them made. */
const users = new Map<string, number>();

/**
 * Makes the missing ones of a list of mount points, and lets the view know what will be mounted there, so that later targets may lie in
 * earlier ones. No trace is left: a directory's mtime is put back right after something was made in it, before any process looks, and
 * again after it was removed.
 *
 * @throws VarveError `MOUNT_POINT` for one that is of the wrong type, or missing where nothing may be made; all is undone then
 */
export function prepareMountPoints(view: RootView, targets: readonly MountTarget[]): MountPoints {
  const made: { readonly host: string; readonly type: MountTarget['type'] }[] = [];
  const undo = (): void => {
    for (const { host, type } of made.splice(0).reverse()) release(host, type);
  };
  const hold = (host: string, type: MountTarget['type']): void => {
    users.set(host, (users.get(host) ?? 0) + 1);
    made.push({ host, type });
  };
  const make = (at: RootPath, type: MountTarget['type']): void => {
    if (at.host === undefined) return;
    if (at.stats !== undefined) {
      if (users.has(at.host)) hold(at.host, type);
      return;
    }
    if (at.readOnly) throw new VarveError('MOUNT_POINT', `${at.path} is missing, and what is mounted there is read-only`);
    create(at.host, type);
    hold(at.host, type);
  };
  try {
    const paths = targets.map(({ target, type, ...content }) => {
      const { path } = view.resolve(target);
      for (const parent of parentsOf(path)) make(view.resolve(parent), 'directory');
      const at = view.resolve(path);
      if (at.stats !== undefined && at.stats.isDirectory() !== (type === 'directory'))
        throw new VarveError('MOUNT_POINT', `Expected a ${type} at ${path} to mount over, found something else`);
      make(at, type);
      view.mount(path, content);
      return path;
    });
    return { paths, undo, [Symbol.dispose]: undo };
  } catch (failure) {
    undo();
    throw failure;
  }
}

/**
 * Makes a directory and its missing parents, mode 0755, to stay. Nothing happens below a mount whose content is not known.
 * @returns its path without symlinks
 * @throws VarveError `ROOT_PATH`
 */
export function makeDirectory(view: RootView, target: string): RootPath {
  const { path } = view.resolve(target);
  for (const each of [...parentsOf(path), path]) {
    const at = view.resolve(each);
    if (at.stats !== undefined || at.host === undefined || at.readOnly) continue;
    mkdirSync(at.host);
    chmodSync(at.host, 0o755);
  }
  const at = view.resolve(path);
  if (at.stats?.isDirectory() === false) throw new VarveError('ROOT_PATH', `Expected a directory at ${path}, found something else`);
  return at;
}

/** Runs something that changes a directory's entries and puts the directory's mtime back. */
export function keepingMtime(directory: string, change: () => void): void {
  const { mtimeNs } = lstatSync(directory, { bigint: true });
  try {
    change();
  } finally {
    const nanoseconds = ((mtimeNs % BILLION) + BILLION) % BILLION;
    setMtime(directory, Number((mtimeNs - nanoseconds) / BILLION), Number(nanoseconds));
  }
}
const BILLION = 1_000_000_000n;

function create(host: string, type: MountTarget['type']): void {
  keepingMtime(dirname(host), () => {
    if (type === 'file') writeFileSync(host, '', { flag: 'wx' });
    else mkdirSync(host);
    chmodSync(host, type === 'file' ? 0o644 : 0o755);
  });
}

function release(host: string, type: MountTarget['type']): void {
  const left = (users.get(host) ?? 1) - 1;
  if (left > 0) users.set(host, left);
  else {
    users.delete(host);
    keepingMtime(dirname(host), () => removeUnlessUsed(host, type));
  }
}

/** What a process has put into it makes it the process's. */
function removeUnlessUsed(host: string, type: MountTarget['type']): void {
  try {
    if (type === 'directory') rmdirSync(host);
    else if (lstatSync(host).size === 0) unlinkSync(host);
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'ENOTDIR') throw failure;
  }
}

function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) parents.unshift(parent);
  return parents;
}
