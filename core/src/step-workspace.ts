import { type CacheKey, chainOf, composeLayer, type Layer } from '../image/index.ts';
import type { Build } from './build.ts';
import { layerIdOf } from './cache-key.ts';
import type { Workspace } from './contracts/snapshotter.ts';
import { keepUnpacked } from './keep-layers.ts';
import type { StageState } from './stage-state.ts';

/** Captures what a process changed. A `layer` tap that changed it makes the snapshot worthless: then only the layer is kept. */
export async function keepWorkspace(opened: OpenWorkspace, key: CacheKey, on: Build): Promise<Layer> {
  const workspace = await opened.get();
  const snapshots = await on.snapshots();
  const { signal } = on.build;
  const draft = await snapshots.capture(workspace, await opened.state.tree({ signal }), { signal });
  const captured = composeLayer(layerIdOf(key), draft.index, (file) => draft.content(file));
  const layer = await on.hooks.layer.promise(captured, on.build);
  signal?.throwIfAborted();
  if (layer !== captured) return await on.layers.put(layer, { signal });
  const name = chainOf([...opened.state.layers.map((below) => below.id), layer.id]);
  // A stack with a layer in it always has a chain.
  return await snapshots.commit(workspace, layer, name as NonNullable<typeof name>, { signal });
}

/** Shows what a stage or image is. What was only composed of it lasts from then on. */
export async function openView(state: StageState, on: Build): Promise<Workspace | undefined> {
  const { signal } = on.build;
  const snapshots = await on.snapshots();
  const chain = await snapshots.unpack(state.layers, { signal });
  if (chain === null) return undefined;
  await keepUnpacked(state, on);
  return await (snapshots.view?.(chain, { signal }) ?? snapshots.open(chain, { signal }));
}

/** The workspace of one step: made on the first call, thrown away unless it was committed. */
export class OpenWorkspace implements AsyncDisposable {
  readonly #on: Build;
  #workspace: Promise<Workspace> | undefined;
  /** The state below, whose layers last once the workspace is open. */
  state: StageState;

  constructor(at: StageState, on: Build) {
    this.state = at;
    this.#on = on;
  }

  get(): Promise<Workspace> {
    if (this.#workspace === undefined) {
      this.#workspace = this.#open();
      this.#workspace.catch(() => undefined); // a handler may do something else before it waits
    }
    return this.#workspace;
  }

  async #open(): Promise<Workspace> {
    const { signal } = this.#on.build;
    const snapshots = await this.#on.snapshots();
    const chain = await snapshots.unpack(this.state.layers, { signal });
    this.state = await keepUnpacked(this.state, this.#on);
    return await snapshots.open(chain, { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workspace = await this.#workspace?.catch(() => undefined);
    await workspace?.[Symbol.asyncDispose]();
  }
}
