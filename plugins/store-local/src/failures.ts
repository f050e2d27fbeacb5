import { messageOf, VarveError } from '@varve/core';

/** What a failed call means to a user. */
interface Meaning {
  readonly code: string;
  /** Codes of system calls. */
  readonly system: readonly string[];
  /** Result codes of SQLite (sqlite.org/rescode.html): primary ones, or extended ones above 255. */
  readonly sqlite: readonly number[];
  readonly what: string;
  readonly hint: string;
}

const ELSEWHERE = 'choose another place with --root';
const BUSY = 5;
const READONLY = [8, 14];

const MEANINGS: readonly Meaning[] = [
  {
    code: 'STORE_FULL',
    system: ['ENOSPC', 'EDQUOT'],
    sqlite: [13, 4874],
    what: 'has no room left',
    hint: `Free space on its file system (\`varve rmi\` removes images), or ${ELSEWHERE}. Nothing half-written was kept.`,
  },
  {
    code: 'STORE_READONLY',
    system: ['EROFS'],
    sqlite: READONLY,
    what: 'cannot be written',
    hint: `Mount its file system writable, or ${ELSEWHERE}.`,
  },
  {
    code: 'STORE_DENIED',
    system: ['EACCES', 'EPERM'],
    sqlite: [3, 23],
    what: 'is not open to this user',
    hint: `Run as its owner, or ${ELSEWHERE}.`,
  },
  {
    code: 'STORE_ROOT',
    system: ['ENOTDIR', 'EEXIST', 'ELOOP'],
    sqlite: [],
    what: 'needs a directory',
    hint: `Move away what is there, or ${ELSEWHERE}.`,
  },
  {
    code: 'STORE_BUSY',
    system: [],
    sqlite: [BUSY],
    what: 'is held by another process',
    hint: 'Try again when it has finished.',
  },
  {
    code: 'STORE_CORRUPT',
    system: [],
    sqlite: [11, 26],
    what: 'has a damaged database',
    hint: 'Move the directory away: images can be pulled, loaded or built again.',
  },
];

/** The result codes of SQLite, extended and primary; none for failures of anything else. */
function sqliteCodes(failure: unknown): readonly number[] {
  const { code, errcode } = (failure ?? {}) as { readonly code?: unknown; readonly errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? [errcode, errcode & 0xff] : [];
}
export const isReadonly = (failure: unknown): boolean => sqliteCodes(failure).some((code) => READONLY.includes(code));
export const isBusy = (failure: unknown): boolean => sqliteCodes(failure).includes(BUSY);

/** What a failed system or database call of the store means to a user; anything else comes back as it is. */
export function storeFailure(failure: unknown, root: string): unknown {
  if (VarveError.is(failure)) return failure;
  const { code } = (failure ?? {}) as { readonly code?: unknown };
  const codes = sqliteCodes(failure);
  const meaning = MEANINGS.find(({ system, sqlite }) => system.some((one) => one === code) || sqlite.some((one) => codes.includes(one)));
  if (meaning === undefined) return failure;
  const message = `The store at ${root} ${meaning.what}: ${messageOf(failure)}`;
  return new VarveError(meaning.code, message, { hint: meaning.hint, cause: failure });
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
