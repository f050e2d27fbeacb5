import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Mount, type SnapshotInfo, type StorageDriver, VarveError } from '@varve/core';
import { type Content, extractLayer, type FileEntry, type LayerIndex, scanUpper } from '@varve/core/archive';
import type { Abortable, ChainID, SnapshotKey } from '@varve/core/image';
import { mounts, removeTree, SnapshotCatalog, type SnapshotFolder, setMtime, setXattr, unmount } from '@varve/core/system';
import { diffOf, driverRoot, type Overlay2Data, workOf } from './layout.ts';
import { LowerAttributes } from './lower-attributes.ts';
import { overlaySupport } from './probe.ts';
import { ShortLinks } from './short-links.ts';

/** Linux stacks no more lower directories (OVL_MAX_STACK). */
const MAX_LAYERS = 500;

/**
 * Snapshots as overlays: each has a directory with its own files only, and stands on those of its parents.
 *
 * Mount what `prepare` returns once: a second overlay on the same files is refused by the kernel when the first was `volatile`.
 */
export class Overlay2Driver implements StorageDriver {
  readonly name = 'overlay2';
  readonly capabilities = { rootless: false, nativeChanges: true };
  readonly #storeRoot: string;
  readonly #root: string;
  readonly #catalog: SnapshotCatalog<Overlay2Data>;
  readonly #links: ShortLinks;

  /** @param storeRoot absolute path of the store; the driver keeps to `snapshots/overlay2` in it */
  constructor(storeRoot: string) {
    this.#storeRoot = storeRoot;
    this.#root = driverRoot(storeRoot);
    this.#catalog = new SnapshotCatalog(this.#root);
    this.#links = new ShortLinks(this.#root);
  }

  async prepare(
    key: SnapshotKey,
    parent: ChainID | null,
    { signal, lasting = false }: Abortable & { readonly lasting?: boolean } = {},
  ): Promise<readonly Mount[]> {
    const { options } = await overlaySupport(this.#storeRoot);
    signal?.throwIfAborted();
    const lowers = this.#lowersOn(parent);
    const make = (dir: string): void => {
      mkdirSync(workOf(dir), { mode: 0o700 });
      mkdirSync(diffOf(dir));
      this.#makeLikeRoot(diffOf(dir), lowers);
    };
    const { dir } = await this.#catalog.create({ key, kind: 'active', parent, data: { lowers, lasting }, lasting, make });
    return [this.#writable(dir, lowers, lasting ? withoutVolatile(options) : options)];
  }

  /** On its parent as it lies now: it may have been made anew since. */
  async mounts(key: SnapshotKey): Promise<readonly Mount[]> {
    const { options } = await overlaySupport(this.#storeRoot);
    const { dir, parent, data } = this.#catalog.folders.active(key);
    return [this.#writable(dir, this.#lowersOn(parent), data.lasting ? withoutVolatile(options) : options)];
  }

  async view(key: SnapshotKey, parent: ChainID): Promise<readonly Mount[]> {
    const { options } = await overlaySupport(this.#storeRoot);
    const lowers = this.#lowersOn(parent);
    const { dir } = await this.#catalog.create({ key, kind: 'view', parent, data: { lowers } });
    return [this.#mount(dir, ['ro', this.#lowerdir(lowers, 2), ...withoutVolatile(options)])];
  }

  async commit(key: SnapshotKey, name: ChainID): Promise<void> {
    const { dir } = this.#catalog.folders.active(key);
    const target = this.#catalog.folders.committedDir(name);
    const link = this.#links.claim(dir, target);
    if (await this.#catalog.commit(key, name)) rmSync(workOf(target), { recursive: true, force: true });
    else this.#links.drop(link);
  }

  async stat(id: ChainID | SnapshotKey): Promise<SnapshotInfo | undefined> {
    const found = this.#catalog.folders.find(id);
    return found && infoOf(found);
  }

  async remove(id: ChainID | SnapshotKey): Promise<void> {
    const found = this.#catalog.folders.find(id);
    const link = found?.kind === 'committed' ? this.#links.of(found.dir) : undefined;
    await this.#catalog.remove(id);
    if (link !== undefined) this.#links.drop(link);
  }

  async *list(): AsyncGenerator<SnapshotInfo, void, undefined> {
    yield* this.#catalog.folders.list().map(infoOf);
  }

  async apply(key: SnapshotKey, index: LayerIndex, content: (file: FileEntry) => Content, { signal }: Abortable = {}): Promise<void> {
    const { dir, data } = this.#catalog.folders.active(key);
    const lower = new LowerAttributes(() => data.lowers.map((name) => this.#links.target(name)));
    await extractLayer(index, content, diffOf(dir), { signal, whiteouts: 'overlay', below: (path) => lower.get(path) });
  }

  /** As the upper directory has it: opaque directories are marked, and directories on the way to a change are listed. */
  async changes(key: SnapshotKey, { signal }: Abortable = {}): Promise<LayerIndex> {
    return await scanUpper(diffOf(this.#catalog.folders.active(key).dir), { signal });
  }

  async directory(id: ChainID | SnapshotKey): Promise<string> {
    const found = this.#catalog.folders.find(id);
    return diffOf(found === undefined || found.kind === 'view' ? this.#catalog.folders.committed(id as ChainID).dir : found.dir);
  }

  async recover(): Promise<void> {
    await this.#catalog.recover(async (left) => {
      const dirs = new Set(left.map(({ dir }) => dir));
      const stale = mounts().filter(({ type, source }) => type === 'overlay' && dirs.has(source));
      for (const { target } of stale.reverse()) await unmount(target);
    });
    this.#links.sweep();
    await this.#sweepProbes();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#catalog[Symbol.dispose]();
  }

  #writable(dir: string, lowers: readonly string[], options: readonly string[]): Mount {
    const own = dir.slice(this.#root.length + 1);
    return this.#mount(dir, [this.#lowerdir(lowers), `upperdir=${diffOf(own)}`, `workdir=${workOf(own)}`, ...options]);
  }

  /** The source says in /proc/self/mountinfo whose mount it is; the kernel does not look at it. */
  #mount(dir: string, options: readonly string[]): Mount {
    return { type: 'overlay', source: dir, options, cwd: this.#root };
  }

  #lowersOn(parent: ChainID | null): readonly string[] {
    if (parent === null) return [];
    const { dir, data } = this.#catalog.folders.committed(parent);
    if (data.lowers.length + 1 <= MAX_LAYERS) return [this.#links.of(dir), ...data.lowers];
    throw new VarveError('STORAGE_DEPTH', `An overlay takes ${MAX_LAYERS} layers, ${parent} has more`, {
      hint: 'Squash the layers of the base image, or use the storage driver vfs.',
    });
  }

  #lowerdir(lowers: readonly string[], atLeast = 1): string {
    const dirs = lowers.map((name) => `l/${name}`);
    if (dirs.length < atLeast) {
      mkdirSync(join(this.#root, 'empty'), { recursive: true });
      dirs.push('empty');
    }
    return `lowerdir=${dirs.join(':')}`;
  }

  /** The root of an overlay has the attributes of its topmost directory. */
  #makeLikeRoot(dir: string, lowers: readonly string[]): void {
    const below = new LowerAttributes(() => lowers.slice(0, 1).map((name) => this.#links.target(name))).get('');
    if (below === undefined) {
      chmodSync(dir, 0o755);
      return;
    }
    lchownSync(dir, below.uid, below.gid);
    chmodSync(dir, below.mode);
    for (const [name, value] of Object.entries(below.xattrs ?? {})) setXattr(dir, name, Buffer.from(value, 'latin1'));
    setMtime(dir, below.mtime.seconds, below.mtime.nanoseconds);
  }

  async #sweepProbes(): Promise<void> {
    const names = existsSync(this.#root) ? readdirSync(this.#root) : [];
    for (const name of names.filter((entry) => entry.startsWith('probe-'))) {
      const dir = join(this.#root, name);
      if (Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > PROBE_LIFE) await removeTree(dir);
    }
  }
}

/** It is about an upper directory, and only for one that is mounted once. */
const withoutVolatile = (options: readonly string[]): readonly string[] => options.filter((option) => option !== 'volatile');

/** Milliseconds; a probe takes a few. */
const PROBE_LIFE = 60_000;

const infoOf = ({ id, kind, parent }: SnapshotFolder<Overlay2Data>): SnapshotInfo => ({ id, kind, parent });
