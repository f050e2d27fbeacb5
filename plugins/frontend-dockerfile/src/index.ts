import { definePlugin } from '@varve/core';
import { dockerfileFrontend } from './dockerfile-frontend.ts';

export const dockerfile = definePlugin({
  name: '@varve/frontend-dockerfile',
  core: '^0.1.0',
  apply({ hooks }) {
    // any text may be meant as a Dockerfile: frontends that know their own files look first
    hooks.frontend.tap(async () => dockerfileFrontend, { stage: 100 });
  },
});
