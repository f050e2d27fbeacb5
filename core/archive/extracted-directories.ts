import { lstatSync, mkdirSync, statSync } from 'node:fs';
import type { DirectoryEntry, Timestamp } from './entry.ts';
import type { ExtractOptions } from './extract-options.ts';
import type { HostAttributes } from './host-attributes.ts';
import { timeOf } from './host-entry.ts';
import { impliedDirectory } from './implied-directory.ts';
import { joinPath, parentOf } from './paths.ts';
import { removeTree } from './remove-tree.ts';

interface Entered {
  /** What the layer says about it. */
  entry: DirectoryEntry | undefined;
  /** Its mtime before anything was made in it; `undefined` if it is new. */
  readonly before: Timestamp | undefined;
}

export interface DirectoriesOptions {
  readonly attributes: HostAttributes;
  readonly below: ExtractOptions['below'];
}

/**
 * The directories that a layer writes in. Each is looked at once, without following symlinks, and known to be real from then on: nobody
 * else writes here, and a normal index has nothing below what is no directory.
 */
export class ExtractedDirectories {
  readonly #root: string;
  readonly #attributes: HostAttributes;
  readonly #below: ExtractOptions['below'];
  readonly #entered = new Map<string, Entered>();

  constructor(root: string, { attributes, below }: DirectoriesOptions) {
    this.#root = root;
    this.#attributes = attributes;
    this.#below = below;
  }

  /** Makes sure that a path is a real directory, and all above it. */
  enter(path: string, entry?: DirectoryEntry): void {
    const known = this.#entered.get(path);
    if (known === undefined) {
      if (path !== '') this.enter(parentOf(path));
      this.#entered.set(path, { entry, before: this.#open(path) });
    } else if (entry !== undefined) known.entry = entry;
  }

  /** Owner, mode, xattrs and times, from the innermost directory outwards. */
  finish(): void {
    for (const [path, { entry, before }] of [...this.#entered].reverse()) {
      const host = joinPath(this.#root, path);
      if (before === undefined)
        this.#attributes.applyToNew(host, entry ?? { ...impliedDirectory(path), ...this.#below?.(path), type: 'directory', path });
      else if (entry === undefined) this.#attributes.setTime(host, { mtime: before });
      else {
        this.#attributes.removeOtherXattrs(host, entry);
        this.#attributes.apply(host, entry);
      }
    }
  }

  /** Returns the mtime of a directory that was there. */
  #open(path: string): Timestamp | undefined {
    if (path === '') return timeOf(statSync(this.#root, { bigint: true }).mtimeNs);
    const host = joinPath(this.#root, path);
    const stats = lstatSync(host, { bigint: true, throwIfNoEntry: false });
    if (stats?.isDirectory()) return timeOf(stats.mtimeNs);
    if (stats !== undefined) removeTree(host);
    mkdirSync(host, 0o700);
    return undefined;
  }
}
