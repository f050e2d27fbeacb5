import type { ExecutionContext } from 'ava';
import { MergedTree, readContent } from '../../archive/index.ts';
import {
  type Abortable,
  asCacheKey,
  asLayerID,
  type ChainID,
  chainOf,
  composeLayer,
  digestOf,
  hostPlatform,
  type Layer,
  type LayerID,
} from '../../image/index.ts';
import type { BuildEventBody, BuildInfo, LayerStore, Snapshots, Snapshotter, StorageDriver, Workspace } from '../../src/index.ts';
import { mounts } from '../../system/index.ts';
import type { BenchSettings } from '../snapshotter-contract.ts';
import type { OpenDriver } from '../storage-driver/driver-bench.ts';
import { temporaryDir } from '../temporary-dir.ts';
import { DirectoryLayers } from './directory-layers.ts';

interface Parts extends BenchSettings {
  readonly open: OpenDriver;
  readonly snapshotter: (root: string, layers: LayerStore) => Snapshotter;
}

export const layerId = (name: string): LayerID => asLayerID(asCacheKey(digestOf(name)));

/** A snapshotter on a driver on a store of its own, in a build. */
export class SnapshotterBench {
  readonly root: string;
  readonly driver: StorageDriver;
  readonly layers = new DirectoryLayers();
  readonly snapshotter: Snapshotter;
  readonly events: BuildEventBody[] = [];
  readonly build: BuildInfo;
  readonly snapshots: Snapshots;

  private constructor(root: string, driver: StorageDriver, { epoch, snapshotter }: Parts) {
    this.root = root;
    this.driver = driver;
    this.build = buildInfo((event) => this.events.push(event), epoch);
    this.snapshotter = snapshotter(root, this.layers);
    this.snapshots = this.start();
  }

  static async start(t: ExecutionContext, parts: Parts): Promise<SnapshotterBench> {
    const root = temporaryDir(t);
    const driver = await parts.open(root);
    t.teardown(() => driver[Symbol.asyncDispose]());
    return new SnapshotterBench(root, driver, parts);
  }

  /** Snapshots of one more build, on a driver that does what `changed` says. */
  start(changed: Partial<StorageDriver> = {}): Snapshots {
    const driver = Object.keys(changed).length === 0 ? this.driver : overriding(this.driver, changed);
    return this.snapshotter.start({ driver, build: this.build });
  }

  async open(below: readonly Layer[], options?: Abortable): Promise<Workspace> {
    return await this.snapshots.open(await this.snapshots.unpack(below), options);
  }

  /** One step: opens, changes, captures, commits. */
  async step(name: string, below: readonly Layer[], change: (root: string) => void, snapshots: Snapshots = this.snapshots): Promise<Layer> {
    await using workspace = await snapshots.open(await snapshots.unpack(below));
    change(workspace.root);
    const draft = await snapshots.capture(workspace, await MergedTree.of(below));
    const layer = composeLayer(layerId(name), draft.index, (file) => draft.content(file));
    return await snapshots.commit(workspace, layer, nameOn(below, layer));
  }

  /** What must be left of a build: nothing mounted, nothing active. */
  async leftovers(): Promise<readonly string[]> {
    const left = mounts().flatMap(({ target }) => (target.startsWith(`${this.root}/`) ? [target] : []));
    for await (const { id, kind } of this.driver.list()) if (kind !== 'committed') left.push(id);
    return left;
  }
}

export const nameOn = (below: readonly Layer[], layer: Layer): ChainID => chainOf([...below, layer].map(({ id }) => id)) as ChainID; // there is a layer in it

/** The bytes of all files of a layer, by path. */
export async function textsOf(layer: Layer): Promise<Readonly<Record<string, string>>> {
  const content = await layer.contents();
  const files = [...(await layer.index())].filter((entry) => entry.type === 'file');
  return Object.fromEntries(files.map((file) => [file.path, readContent(content(file)).toString('latin1')]));
}

/** The same driver with some members replaced; `undefined` takes one away. */
function overriding(driver: StorageDriver, changed: Partial<StorageDriver>): StorageDriver {
  return new Proxy(driver, {
    get: (target, name) => {
      const value: unknown = name in changed ? Reflect.get(changed, name) : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function buildInfo(emit: (event: BuildEventBody) => void, epoch: number | undefined): BuildInfo {
  const source = { file: 'test', text: async () => '' };
  return { id: 'test', request: { source }, platform: hostPlatform(), epoch, emit };
}
