import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../src/errors.ts';

/** A path inside a root, every symlink on the way to it resolved. */
export interface RootPath {
  /** As the process in the root would see it: absolute, no symlink, no `..`. */
  readonly path: string;
  /** Where the host has it; absent below a mount whose content has no directory here (`/proc`, a tmpfs). */
  readonly host?: string | undefined;
  /** Absent when nothing is there, or when that cannot be seen from here. */
  readonly stats?: Stats | undefined;
  /** Nothing may be made there. */
  readonly readOnly: boolean;
}

/** What will be mounted somewhere in a root. */
export interface MountContent {
  /** Directory or file of this host that will be seen there; without it what will be there is not known. */
  readonly source?: string | undefined;
  readonly readOnly?: boolean | undefined;
}

/** As in Linux. */
const SYMLINKS_MAX = 40;

/**
 * The files that a process will see once a directory is its root and other things are mounted into it. A tree is hostile input: its
 * symlinks are followed inside of it and never by the host's kernel. Nobody else may change the tree meanwhile.
 */
export class RootView {
  readonly #mounts = new Map<string, MountContent>();
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    this.#mounts.set('/', { source: root });
  }

  /** From now on paths at and below `path`, which must be resolved, are looked for in `content`. */
  mount(path: string, content: MountContent): void {
    this.#mounts.set(path, content);
  }

  /** @throws VarveError `ROOT_PATH` for a symlink loop or a path through something that is no directory */
  resolve(path: string, options: { readonly follow?: boolean } = {}): RootPath {
    const { follow = true } = options;
    const pending = path.split('/');
    let links = 0;
    let at = this.#look([]);
    let names: string[] = [];
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === '' || name === '.') continue;
      if (at.stats !== undefined && !at.stats.isDirectory()) throw notDirectory(path, at.path);
      const next = name === '..' ? names.slice(0, -1) : [...names, name];
      const found = this.#look(next);
      if (found.stats?.isSymbolicLink() && found.host !== undefined && (follow || pending.some(isName))) {
        links += 1;
        if (links > SYMLINKS_MAX) throw new VarveError('ROOT_PATH', `Too many symlinks on the way to ${JSON.stringify(path)}`);
        const target = readlinkSync(found.host);
        pending.unshift(...target.split('/'));
        if (target.startsWith('/')) names = [];
      } else names = next;
      at = this.#look(names);
    }
    return at;
  }

  #look(names: readonly string[]): RootPath {
    const path = `/${names.join('/')}`;
    for (let depth = names.length; depth >= 0; depth -= 1) {
      const content = this.#mounts.get(`/${names.slice(0, depth).join('/')}`);
      if (content === undefined) continue;
      const readOnly = content.readOnly === true;
      if (content.source === undefined) return { path, readOnly };
      const host = depth === names.length ? content.source : join(content.source, ...names.slice(depth));
      return { path, host, readOnly, stats: lstatSync(host, { throwIfNoEntry: false }) };
    }
    throw new Error('a view without a root'); // the constructor set it
  }
}

const isName = (part: string): boolean => part !== '' && part !== '.';
const notDirectory = (path: string, found: string): VarveError =>
  new VarveError('ROOT_PATH', `${JSON.stringify(path)} leads through ${JSON.stringify(found)}, which is no directory`);
