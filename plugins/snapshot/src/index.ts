import { definePlugin, LAYERS, STORE_ROOT } from '@varve/core';
import { clampLayer } from './clamp.ts';
import { LayerSnapshotter } from './layer-snapshotter.ts';
import { readOptions } from './options.ts';

/** What a step changed becomes a layer: one for each step, or one for all steps of a stage. */
export const snapshot = definePlugin({
  name: '@varve/snapshot',
  core: '^0.1.0',
  options: readOptions,
  apply({ hooks, inject, options }) {
    const snapshotter = inject('snapshot', [STORE_ROOT, LAYERS], (root, layers) => new LayerSnapshotter({ root, layers, ...options }));
    hooks.snapshotter.tap(async (host) => (host.name === undefined || host.name === 'snapshot' ? snapshotter() : undefined));
    hooks.layer.tap(async (layer, build) => await clampLayer(layer, build.epoch));
  },
});

export { LayerSnapshotter } from './layer-snapshotter.ts';
export type { SnapshotOptions } from './options.ts';
