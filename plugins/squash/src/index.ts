import { definePlugin, LAYERS } from '@varve/core';
import { readOptions } from './options.ts';
import { Squasher } from './squasher.ts';

export const squash = definePlugin({
  name: '@varve/squash',
  core: '^0.1.0',
  options: readOptions,
  apply({ hooks, inject, options }) {
    const squasher = inject('squasher', [LAYERS], (layers) => new Squasher(layers));
    hooks.image.tap(async (image, build) =>
      options.always || build.request.options?.squash === true ? await squasher().squash(image, build) : image,
    );
  },
});
