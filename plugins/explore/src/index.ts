import { COMMANDS, definePlugin } from '@varve/core';
import { diffCommand } from './diff-command.ts';
import { treeCommand } from './tree-command.ts';

export { type ConfigChange, compareImages, type ImageComparison, type LayerComparison } from './compare-images.ts';
export type { AttributeChange, FileChange } from './compare-trees.ts';
export { compareTrees } from './compare-trees.ts';
export { type Waste, wasteIn } from './waste.ts';

/** Looks into images by the indexes of their layers; nothing is unpacked. */
export const explore = definePlugin({
  name: '@varve/explore',
  core: '^0.1.0',
  apply({ contribute }) {
    for (const command of [diffCommand, treeCommand]) contribute(COMMANDS, [], () => command);
  },
});
