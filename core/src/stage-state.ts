import { type FileTree, MergedTree } from '../archive/index.ts';
import {
  type Abortable,
  chainOf,
  type HistoryRow,
  type Image,
  type ImageConfig,
  inheritConfig,
  type Layer,
  type Platform,
} from '../image/index.ts';
import { once } from '../image/once.ts';
import type { Stage, Step } from './contracts/plan.ts';
import type { CacheRecord } from './contracts/store.ts';

/** How far a stage has come. Immutable: each step makes the next. */
export interface StageState {
  /** Names the filesystem: `stateKey` of the last step that made a layer, or the chainID of the base. */
  readonly key: string;
  /** What the stage is for: the build's platform, unless its base was asked for by another. */
  readonly platform: Platform;
  readonly layers: readonly Layer[];
  /** How many of the lowest layers came with the external base image. */
  readonly baseLayers: number;
  readonly config: ImageConfig;
  /** Records of layers above that wait until their layer lies somewhere that lasts. */
  readonly unrecorded: readonly CacheRecord[];
  /** The merged tree, made when first asked for. */
  tree(options?: Abortable): Promise<FileTree>;
}

export const makeState = (parts: Omit<StageState, 'tree'>): StageState => ({
  ...parts,
  tree: once((options) => MergedTree.of(parts.layers, options)),
});

/** A stage that starts with nothing. */
export const scratchState = (platform: Platform, initial: Stage['initial'] = {}): StageState =>
  makeState({
    key: 'scratch',
    platform,
    layers: [],
    baseLayers: 0,
    config: {
      ...platform,
      config: initial as ImageConfig['config'],
      history: [],
    },
    unrecorded: [],
  });

/** A stage that starts with an image from elsewhere. */
export function imageState({ config, layers }: Image, platform: Platform): StageState {
  const chain = chainOf(layers.map((layer) => layer.id));
  return makeState({
    key: chain ?? 'scratch',
    platform,
    layers,
    baseLayers: layers.length,
    config: inheritConfig(config, layers.length),
    unrecorded: [],
  });
}

/** The state after a step that changed nothing but the config. */
export const withConfig = (state: StageState, config: ImageConfig): StageState => ({ ...state, config });

/** A row of history for a step. */
export function historyRow({ history, title }: Step, created: string | undefined): HistoryRow {
  const { createdBy, comment } = history ?? { createdBy: title };
  return { ...(created !== undefined && { created }), created_by: createdBy, ...(comment !== undefined && { comment }) };
}
