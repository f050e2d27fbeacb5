import type { AnyPlugin } from '@varve/core';
import { preset } from '../../plugins/cli/src/preset.ts';

/** The plugins of the default preset, loaded. */
export const loadPreset = async (): Promise<readonly AnyPlugin[]> => preset;
