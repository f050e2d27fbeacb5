import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VarveError } from '@varve/core';
import { algorithmOf, type Digest, type DigestAlgorithm, hexOf, type LayerID } from '@varve/core/image';
import { onStore } from './failures.ts';
import { isAbandoned, ownerName } from './owner.ts';
import { UseLock } from './use-lock.ts';

/** What `store.json` says. */
export interface StoreFile {
  readonly format: number;
  readonly state: Readonly<Record<string, string>>;
}

/** Version of what lies in the directory; raised when an older varve could not use it any more. */
export const FORMAT = 1;

/** Where everything lies. Nothing is made before `ensure`. */
export class StoreRoot {
  readonly path: string;
  readonly file: string;
  /** A folder for each algorithm; that of sha512 is made when something needs it. */
  readonly blobs: Readonly<Record<DigestAlgorithm, string>>;
  readonly indexes: string;
  readonly database: string;
  readonly temporary: string;
  readonly use: UseLock;
  #isChecked = false;
  #isReady = false;

  constructor(path: string) {
    this.path = path;
    this.file = join(path, 'store.json');
    this.blobs = { sha256: join(path, 'blobs', 'sha256'), sha512: join(path, 'blobs', 'sha512') };
    this.indexes = join(path, 'index');
    this.database = join(path, 'db', 'store.sqlite');
    this.temporary = join(path, 'tmp');
    this.use = new UseLock(join(path, 'db', 'use.sqlite'), path);
  }

  blob(digest: Digest): string {
    return join(this.blobs[algorithmOf(digest)], hexOf(digest));
  }

  /** Where the blob is to go. */
  ensureFolderOf(digest: Digest): void {
    if (algorithmOf(digest) === 'sha512') makeDir(this.blobs.sha512);
  }

  index(id: LayerID): string {
    return join(this.indexes, `${hexOf(id)}.json`);
  }

  /** A name in the store's own file system that nobody has, for what will be renamed. */
  temporaryName(): string {
    return join(this.temporary, `${ownerName()}-${randomBytes(6).toString('hex')}`);
  }

  /**
   * Where the beginning of a blob is kept that has not come to its end. No process is named in front: it outlives the one that wrote it,
   * and is swept when nothing was added to it for a day.
   */
  part(digest: Digest): string {
    return join(this.temporary, `part-${hexOf(digest)}`);
  }

  /** Whether there is a store. @throws VarveError `STORE_FORMAT` */
  isThere(): boolean {
    this.#isChecked ||= this.read() !== undefined;
    return this.#isChecked;
  }

  /** Makes the store where there is none, and sweeps what killed processes left. @throws VarveError `STORE_…` */
  ensure(): void {
    if (this.#isReady) return;
    onStore(this.path, () => {
      const isThere = this.isThere();
      for (const dir of [this.temporary, this.blobs.sha256, this.indexes, join(this.path, 'db')]) makeDir(dir);
      if (!isThere) this.#create();
      this.use.shareNow();
      this.#sweep();
    });
    this.#isReady = true;
  }

  /** @throws VarveError `STORE_FORMAT` */
  read(): StoreFile | undefined {
    const text = onStore(this.path, () => readText(this.file));
    if (text === undefined) return undefined;
    const { format, state } = parse(text) ?? {};
    if (format !== FORMAT) throw this.wrongFormat(format);
    return { format, state: state ?? {} };
  }

  wrongFormat(format: unknown): VarveError {
    const isNewer = typeof format === 'number' && format > FORMAT;
    return new VarveError(
      'STORE_FORMAT',
      `Expected a store of format ${FORMAT} at ${this.path}, found ${isNewer ? `format ${format}` : `no format in ${this.file}`}`,
      {
        hint: isNewer
          ? 'A newer varve made it: use that one, or choose another place with --root.'
          : 'Choose another place with --root, or move this directory away.',
      },
    );
  }

  /** Replaces `store.json`. Whoever calls holds the database's write lock. */
  write(file: StoreFile): void {
    onStore(this.path, () => {
      const name = this.temporaryName();
      writeFileSync(name, `${JSON.stringify(file)}\n`, { mode: 0o600 });
      renameSync(name, this.file);
    });
  }

  /** A link and no rename: of two processes that make the store at once, the second must not undo the first. */
  #create(): void {
    const name = this.temporaryName();
    writeFileSync(name, `${JSON.stringify({ format: FORMAT, state: {} } satisfies StoreFile)}\n`, {
      mode: 0o600,
    });
    try {
      linkSync(name, this.file);
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure;
      this.read();
    } finally {
      rmSync(name, { force: true });
    }
  }

  #sweep(): void {
    for (const name of readdirSync(this.temporary)) {
      const path = join(this.temporary, name);
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      if (isAbandoned(name, age)) rmSync(path, { recursive: true, force: true });
    }
  }
}

/** Directory by directory: Node's recursive call says ENOENT where the file system is read-only. */
function makeDir(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || path === dirname(path)) throw failure;
    makeDir(dirname(path));
    makeDir(path);
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure;
  }
}

function parse(text: string): Partial<StoreFile> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // the caller says that there is no format in it
  }
}
