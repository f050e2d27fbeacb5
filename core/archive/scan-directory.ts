import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { VarveError } from '../src/errors.ts';
import { getXattr } from '../system/index.ts';
import type { Entry, LayerIndex } from './entry.ts';
import { hostEntry, hostNames, namesOf, timeOf } from './host-entry.ts';
import { pathOf } from './names.ts';
import { compareEntries } from './order.ts';
import { Pacer } from './pacer.ts';
import { IndexPacker } from './packed-index.ts';
import { childPath, hostPath } from './paths.ts';

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
}
export interface UpperOptions extends ScanOptions {
  /** The overlay keeps its marks in `user.overlay.`, as those mounted in a user namespace do, instead of `trusted.overlay.`. */
  readonly userxattr?: boolean;
}

/** The index of everything in a real directory, the directory itself included: hard links found, xattrs, devices; no sockets. */
export async function scanDirectory(root: string, { signal }: ScanOptions = {}): Promise<readonly Entry[]> {
  return [...(await new Scanner(root, undefined).scan(signal))];
}

/**
 * The same for an overlay's upper directory: char devices 0:0 are whiteouts, opaque directories get their marker. As it lies there; see
 * `upperChanges` for the layer that it means.
 *
 * @throws VarveError `OVERLAY_REDIRECT` if a directory was renamed in place or a file has metadata only: then the directory alone does not say what changed
 */
export async function scanUpper(root: string, { signal, userxattr = false }: UpperOptions = {}): Promise<LayerIndex> {
  return await new Scanner(root, userxattr ? 'user.overlay.' : 'trusted.overlay.').scan(signal);
}

class Scanner {
  readonly #root: string;
  /** Prefix of overlay's xattrs where they count. */
  readonly #overlay: string | undefined;
  readonly #packer = new IndexPacker();
  readonly #links = new Map<string, string>();
  #hasMarks = false;

  constructor(root: string, overlay: string | undefined) {
    this.#root = root;
    this.#overlay = overlay;
  }

  /** Depth-first with a stack of its own: trees may be deeper than calls. */
  async scan(signal: AbortSignal | undefined): Promise<LayerIndex> {
    const pacer = new Pacer(signal);
    const pending = [''];
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (pacer.isDue) await pacer.rest();
      if (!this.#visit(path)) continue;
      const names = hostNames(hostPath(this.#root, path));
      for (let i = names.length - 1; i >= 0; i--) pending.push(childPath(path, names[i] ?? ''));
    }
    const found = this.#packer.finish(); // in order and normal, but for marks
    return this.#hasMarks ? [...found].sort(compareEntries) : found;
  }

  /** Adds the entry; true for a directory. */
  #visit(path: string): boolean {
    const host = hostPath(this.#root, path);
    const stats = (path === '' ? statSync : lstatSync)(pathOf(host), { bigint: true });
    if (this.#overlay !== undefined && stats.isCharacterDevice() && stats.rdev === 0n) return this.#mark('whiteout', path);
    const xattrNames = namesOf(host);
    const { mode, uid, gid, size, rdev, mtimeNs } = stats;
    const entry = hostEntry({ path, host, stats: { mode, uid, gid, size, rdev, mtime: timeOf(mtimeNs) }, xattrNames });
    // A socket in an upper directory hides what is below it; without anything below, the whiteout is dropped later.
    if (entry === undefined) return this.#overlay !== undefined && this.#mark('whiteout', path);
    this.#packer.add(entry.type === 'file' && stats.nlink > 1n ? this.#linked(entry, stats) : entry);
    if (this.#overlay !== undefined && xattrNames.length > 0) this.#readOverlay(this.#overlay, { path, host, xattrNames });
    return entry.type === 'directory';
  }

  #linked(entry: Entry, stats: BigIntStats): Entry {
    const inode = `${stats.dev}:${stats.ino}`;
    const target = this.#links.get(inode);
    if (target !== undefined) return { type: 'hardlink', path: entry.path, target };
    this.#links.set(inode, entry.path);
    return entry;
  }

  #readOverlay(prefix: string, file: { path: string; host: string; xattrNames: readonly string[] }): void {
    for (const mark of ['redirect', 'metacopy']) if (file.xattrNames.includes(prefix + mark)) throw redirected(file.path, mark);
    if (!file.xattrNames.includes(`${prefix}opaque`)) return;
    if (getXattr(pathOf(file.host), `${prefix}opaque`)?.toString() === 'y') this.#mark('opaque', file.path);
  }

  #mark(type: 'whiteout' | 'opaque', path: string): false {
    this.#hasMarks = true;
    this.#packer.add({ type, path });
    return false;
  }
}

const redirected = (path: string, mark: string): VarveError =>
  new VarveError('OVERLAY_REDIRECT', `"${path}" in the upper directory says "${mark}": its content lies elsewhere`, {
    hint: 'Mount the overlay with redirect_dir=off,metacopy=off',
  });
