import { messageOf, VarveError } from '@varve/core';

const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT']);
const READONLY = new Set<unknown>(['EROFS', 'EACCES', 'EPERM']);
const NO_DIRECTORY = new Set<unknown>(['ENOTDIR', 'EEXIST', 'ELOOP']);
/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const SQLITE = { busy: 5, readonly: 8, io: 10, corrupt: 11, full: 13, cannotOpen: 14, notDatabase: 26 };

/** The result code of SQLite without its extension; `undefined` for failures of anything else. */
export function sqliteCode(failure: unknown): number | undefined {
  const { code, errcode } = (failure ?? {}) as { readonly code?: unknown; readonly errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined;
}
export const isReadonly = (failure: unknown): boolean => [SQLITE.readonly, SQLITE.cannotOpen].includes(sqliteCode(failure) ?? 0);
export const isBusy = (failure: unknown): boolean => sqliteCode(failure) === SQLITE.busy;

/** What a failed system or database call of the store means to a user; anything else comes back as it is. */
export function storeFailure(failure: unknown, root: string): unknown {
  if (VarveError.is(failure)) return failure;
  const { code } = (failure ?? {}) as { readonly code?: unknown };
  const sqlite = sqliteCode(failure);
  const because = (name: string, what: string, hint: string): VarveError =>
    new VarveError(name, `${what}: ${messageOf(failure)}`, { hint, cause: failure });
  if (FULL.has(code) || sqlite === SQLITE.full || sqlite === SQLITE.io)
    return because(
      'STORE_FULL',
      `The store at ${root} could not be written`,
      'Free space on its file system (`varve rmi` removes images), or choose another place with --root. Nothing half-written was kept.',
    );
  if (NO_DIRECTORY.has(code))
    return because('STORE_ROOT', `Expected a directory for the store at ${root}`, 'Choose another place with --root.');
  if (READONLY.has(code) || sqlite === SQLITE.readonly || sqlite === SQLITE.cannotOpen)
    return because(
      'STORE_READONLY',
      `The store at ${root} may not be written`,
      'Mount its file system writable, become its owner, or choose another place with --root.',
    );
  if (sqlite === SQLITE.busy) return because('STORE_BUSY', `Another process holds the store at ${root}`, 'Try again when it has finished.');
  if (sqlite === SQLITE.corrupt || sqlite === SQLITE.notDatabase)
    return because(
      'STORE_CORRUPT',
      `The database of the store at ${root} is damaged`,
      `Move ${root} away: images can be pulled, loaded or built again.`,
    );
  return failure;
}

/** Runs something that touches the store's files. @throws VarveError `STORE_…` */
export function onStore<T>(root: string, work: () => T): T {
  try {
    return work();
  } catch (failure) {
    throw storeFailure(failure, root);
  }
}

/** The same for asynchronous work. */
export async function onStoreAsync<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    throw storeFailure(failure, root);
  }
}
