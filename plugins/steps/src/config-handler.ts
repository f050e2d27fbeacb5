import type { ConfigStep, StepHandler } from '@varve/core';
import { patchConfig } from '@varve/core/image';

/** Members of the config that say how the image is started; nothing of it is cached. */
export const configHandler: StepHandler<ConfigStep> = {
  fingerprint: async () => undefined,
  execute: async ({ patch, author }, { config }) => ({
    kind: 'config',
    config: {
      ...config,
      ...(author !== undefined && { author }),
      config: patchConfig(config.config, patch),
    },
  }),
};
