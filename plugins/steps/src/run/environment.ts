import type { RunStep } from '@varve/core';
import { type ImageConfig, mergeEnv } from '@varve/core/image';

export const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What decides the result: the config's environment, and over it the build arguments that were declared so far. */
export const keyedEnv = (step: RunStep, config: ImageConfig): readonly string[] => mergeEnv(config.config.Env ?? [], step.env);

/** Everything that the process sees. What is hidden never replaces what was said openly. */
export function processEnv(step: RunStep, config: ImageConfig, home: string): readonly string[] {
  const given = mergeEnv(step.hiddenEnv ?? [], keyedEnv(step, config));
  return mergeEnv([DEFAULT_PATH, `HOME=${home}`], given);
}

/** The directory that a process starts in. */
export const workingDirOf = ({ config }: ImageConfig): string => config.WorkingDir || '/';
