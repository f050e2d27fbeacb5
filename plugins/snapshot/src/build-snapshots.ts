import { statSync } from 'node:fs';
import {
  type BuildInfo,
  type KeptSnapshot,
  type LayerDraft,
  type LayerStore,
  type Snapshots,
  type StorageDriver,
  VarveError,
  type Workspace,
} from '@varve/core';
import { contentIn, type FileTree, packIndex } from '@varve/core/archive';
import { type Abortable, type ChainID, composeLayer, type Layer, type SnapshotKey } from '@varve/core/image';
import { plainDirectory } from '@varve/core/system';
import { clampFiles, clampIndex } from './clamp.ts';
import { findChanges, findCommitted } from './find-changes.ts';
import { MountPoints } from './mount-points.ts';
import { MountedWorkspace, type WorkspaceParts } from './mounted-workspace.ts';
import { unpackLayers } from './unpack-layers.ts';

export interface BuildSnapshotsParts {
  /** Of the store. */
  readonly root: string;
  readonly layers: LayerStore;
  readonly driver: StorageDriver;
  readonly build: Pick<BuildInfo, 'emit' | 'epoch'>;
}

/** The snapshots of one build on one driver. */
export class BuildSnapshots implements Snapshots {
  readonly #driver: StorageDriver;
  readonly #layers: LayerStore;
  readonly #build: BuildSnapshotsParts['build'];
  readonly #parts: WorkspaceParts;

  constructor({ root, layers, driver, build }: BuildSnapshotsParts) {
    this.#driver = driver;
    this.#layers = layers;
    this.#build = build;
    const mountPoints = new MountPoints(root);
    mountPoints.sweep();
    this.#parts = { driver, emit: build.emit, mountPoints };
  }

  async unpack(layers: readonly Layer[], { signal }: Abortable = {}): Promise<ChainID | null> {
    return await unpackLayers(layers, { driver: this.#driver, emit: this.#build.emit, signal });
  }

  async open(parent: ChainID | null, { signal }: Abortable = {}): Promise<Workspace> {
    signal?.throwIfAborted();
    return await MountedWorkspace.open(parent, this.#parts, { signal });
  }

  async view(parent: ChainID, { signal }: Abortable = {}): Promise<Workspace> {
    signal?.throwIfAborted();
    return await MountedWorkspace.view(parent, this.#parts);
  }

  async keep(key: SnapshotKey, parent: ChainID | null, { signal }: Abortable = {}): Promise<KeptSnapshot> {
    await this.#driver.prepare(key, parent, { signal, lasting: true });
    return { key, parent, openedAt: String(this.#parts.mountPoints.now()) };
  }

  async show(kept: KeptSnapshot): Promise<Workspace> {
    return await MountedWorkspace.show(kept, this.#parts);
  }

  async capture(opened: Workspace | KeptSnapshot, lower: FileTree, { signal }: Abortable = {}): Promise<LayerDraft> {
    if (!('root' in opened)) return await this.#captureKept(opened, lower, { signal });
    const workspace = own(opened);
    workspace.lower = lower;
    const from = (await this.#driver.directory?.(workspace.key)) ?? workspace.root;
    const index = packIndex(await findChanges(workspace, lower, { parts: this.#parts, from, signal }));
    const { epoch } = this.#build;
    const clamped = clampIndex(index, epoch);
    if (clamped !== index && epoch !== undefined) clampFiles(workspace.root, index, epoch);
    return { index: clamped, content: contentIn(from) };
  }

  async #captureKept({ key, parent, openedAt }: KeptSnapshot, lower: FileTree, { signal }: Abortable): Promise<LayerDraft> {
    const from = (await this.#driver.directory?.(key)) ?? plainDirectory(await this.#driver.mounts(key));
    if (from === undefined)
      throw new VarveError('SNAPSHOT_UNREADABLE', `The storage driver "${this.#driver.name}" has no directory for the files of ${key}`, {
        hint: 'Use the storage driver overlay2 or vfs.',
      });
    const opened = { key, parent, openedAt: BigInt(openedAt) };
    const index = packIndex(await findChanges(opened, lower, { parts: this.#parts, from, signal }));
    return { index: clampIndex(index, this.#build.epoch), content: contentIn(from) };
  }

  async commit(workspace: Workspace, layer: Layer, name: ChainID, { signal }: Abortable = {}): Promise<Layer> {
    const opened = own(workspace);
    signal?.throwIfAborted();
    if (this.#driver.directory === undefined) {
      const stored = await this.#store(layer, signal);
      await opened.commit(name);
      return stored;
    }
    const before = identityOf(await this.#driver.directory(opened.key));
    await opened.commit(name);
    const directory = await this.#driver.directory(name);
    if (identityOf(directory) === before) return await this.#layers.keep(layer, directory);
    return await this.#layers.keep(await this.#committedLayer(opened, { layer, name, directory, signal }), directory);
  }

  async #store(layer: Layer, signal: AbortSignal | undefined): Promise<Layer> {
    const stored = await this.#layers.put(layer, { signal });
    this.#build.emit({ type: 'layer-stored', layer: layer.id, diffId: await stored.diffId(), bytes: await stored.size() });
    return stored;
  }

  /** Another build was first with the same step. Its result counts, which need not be the same: what it committed is what the layer says. */
  async #committedLayer(opened: MountedWorkspace, other: Committed): Promise<Layer> {
    const { layer, name, directory, signal } = other;
    if (opened.lower === undefined) throw new Error('A workspace is captured before it is committed');
    const index = await findCommitted(name, opened.lower, { parts: this.#parts, signal });
    return composeLayer(layer.id, index, contentIn(directory));
  }
}

interface Committed extends Abortable {
  readonly layer: Layer;
  readonly name: ChainID;
  readonly directory: string;
}

/** A rename keeps it. */
function identityOf(directory: string): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  return `${dev}:${ino}`;
}

function own(workspace: Workspace): MountedWorkspace {
  if (workspace instanceof MountedWorkspace) return workspace;
  throw new Error('A workspace goes to the snapshots that opened it');
}
