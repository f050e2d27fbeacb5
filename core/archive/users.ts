import { type SourceRange, VarveError } from '../src/errors.ts';
import type { FileTree } from './file-tree.ts';
import { readFile } from './tree-paths.ts';

/** Bytes of /etc/passwd or /etc/group that are looked at. */
export const ACCOUNTS_LIMIT = 4 << 20;
/** Highest id; the one above means "no id" to the kernel. */
const MAX_ID = 2 ** 32 - 2;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}
/** Who a process runs as. */
export interface ResolvedUser extends Owner {
  /** All groups, with `gid` as the first: whoever drops that one must not gain what others are allowed. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** Reads etc/passwd and etc/group of a filesystem; `undefined` where there is none. */
export type AccountFiles = (path: string) => Promise<string | undefined>;

/** Those of a tree. */
export const accountsIn =
  (tree: FileTree): AccountFiles =>
  async (path) =>
    (await readFile(tree, path, ACCOUNTS_LIMIT))?.toString('utf8');

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}
interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

interface Place {
  readonly source?: SourceRange | undefined;
}

/**
 * Who `USER` means in this filesystem, as container runtimes read it: a number is always an id, an explicit group is the only one.
 *
 * @throws VarveError `USER_UNKNOWN`
 */
export async function findUser(files: AccountFiles, text: string, { source }: Place = {}): Promise<ResolvedUser> {
  const [user, group] = split(text);
  const id = numberOf(user);
  const account = (await accounts(files)).find((one) => (id === undefined ? one.name === (user || 'root') : one.uid === id));
  const isRoot = user === '' || user === 'root';
  if (account === undefined && id === undefined && !isRoot)
    throw unknown(`unable to find user ${user}: no matching entries in passwd file`, 'RUN useradd', source);
  const { uid = id ?? 0, gid = 0, home = '/' } = account ?? {};
  if (group !== undefined && group !== '') {
    const only = await findGroup(files, group, source);
    return { uid, gid: only, groups: [only], home: home || '/' };
  }
  const member = await groupsOf(files, account?.name);
  return { uid, gid, groups: [...new Set([gid, ...member])], home: home || '/' };
}

async function findGroup(files: AccountFiles, text: string, source: SourceRange | undefined): Promise<number> {
  const id = numberOf(text);
  if (id !== undefined) return id;
  const group = (await groups(files)).find(({ name }) => name === text);
  if (group !== undefined) return group.gid;
  throw unknown(`unable to find group ${text}: no matching entries in group file`, 'RUN groupadd', source);
}

const groupsOf = async (files: AccountFiles, user: string | undefined): Promise<readonly number[]> =>
  user === undefined ? [] : (await groups(files)).filter(({ members }) => members.includes(user)).map(({ gid }) => gid);

/**
 * Who files shall belong to: `user`, `user:group` or numbers, names looked up in this filesystem. A user alone brings the group of its
 * account, a number alone the group of the same number.
 *
 * @throws VarveError `USER_UNKNOWN`
 */
export async function findOwner(files: AccountFiles, text: string, { source }: Place = {}): Promise<Owner> {
  const [user, group] = split(text);
  const { uid, gid } = await ownerOf(files, user, source);
  return { uid, gid: group === undefined || group === '' ? gid : await ownerGroup(files, group, source) };
}

async function ownerOf(files: AccountFiles, user: string, source: SourceRange | undefined): Promise<Owner> {
  const id = numberOf(user);
  if (id !== undefined) return { uid: id, gid: id };
  if (user === '' || user === 'root') return { uid: 0, gid: 0 };
  const account = (await accounts(files)).find(({ name }) => name === user);
  if (account !== undefined) return account;
  throw unknown(cannotFind('uid', 'user', user), 'RUN useradd', source);
}

async function ownerGroup(files: AccountFiles, text: string, source: SourceRange | undefined): Promise<number> {
  const id = numberOf(text);
  if (id !== undefined) return id;
  if (text === 'root') return 0;
  const group = (await groups(files)).find(({ name }) => name === text);
  if (group !== undefined) return group.gid;
  throw unknown(cannotFind('gid', 'group', text), 'RUN groupadd', source);
}

/** The same, but somebody who is not there yet is root, as other builders have it for WORKDIR. */
export async function findOwnerOrRoot(
  files: AccountFiles,
  text: string,
  options: Place & { warn(warning: { readonly code: string; readonly message: string } & Place): void },
): Promise<Owner> {
  try {
    return await findOwner(files, text, options);
  } catch (error) {
    if (!VarveError.is(error) || error.code !== 'USER_UNKNOWN') throw error;
    options.warn({ code: error.code, message: `${error.message}; the directory belongs to root`, source: options.source });
    return { uid: 0, gid: 0 };
  }
}

const cannotFind = (id: string, what: string, name: string): string =>
  `unable to convert uid/gid chown string to host mapping: can't find ${id} for ${what} ${name}: no such ${what}: ${name}`;

const unknown = (message: string, command: string, source: SourceRange | undefined): VarveError =>
  new VarveError('USER_UNKNOWN', message, {
    source,
    hint: `Names are looked up in the image's own /etc/passwd and /etc/group: make it first (${command}), or use a number.`,
  });

function split(text: string): readonly [string, string | undefined] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** The id that a text of digits is. */
function numberOf(text: string): number | undefined {
  const id = /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
  return id === undefined || id > MAX_ID ? undefined : id;
}

async function accounts(files: AccountFiles): Promise<readonly Account[]> {
  const rows = await readRows(files, 'etc/passwd');
  return rows.flatMap(([name = '', , uid = '', gid = '', , home = '']) => {
    const ids = { uid: numberOf(uid), gid: numberOf(gid) };
    return ids.uid === undefined ? [] : [{ name, uid: ids.uid, gid: ids.gid ?? 0, home }];
  });
}

async function groups(files: AccountFiles): Promise<readonly Group[]> {
  const rows = await readRows(files, 'etc/group');
  return rows.flatMap(([name = '', , id = '', members = '']) => {
    const gid = numberOf(id);
    return gid === undefined ? [] : [{ name, gid, members: members.split(',').map((one) => one.trim()) }];
  });
}

async function readRows(files: AccountFiles, path: string): Promise<readonly (readonly string[])[]> {
  return ((await files(path)) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
