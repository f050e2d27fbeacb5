import type { RunStep } from '@varve/core';
import { type ImageConfig, mergeEnv } from '@varve/core/image';

export const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What decides the result: the config's environment, and over it the build arguments that were declared so far. */
export const keyedEnv = (step: RunStep, config: ImageConfig): readonly string[] => mergeEnv(config.config.Env ?? [], step.env);

export interface UnkeyedEnv {
  readonly home: string;
  /** Secrets, and where an SSH agent listens. */
  readonly secret: readonly string[];
}

/** Everything that the process sees. What is hidden never replaces what was said openly; a secret that a mount names does, an agent does not. */
export function processEnv(step: RunStep, config: ImageConfig, { home, secret }: UnkeyedEnv): readonly string[] {
  const given = mergeEnv(step.hiddenEnv ?? [], keyedEnv(step, config));
  const agent = secret.filter(isAgent);
  return [[DEFAULT_PATH, `HOME=${home}`], agent, given, secret.filter((entry) => !isAgent(entry))].reduce(mergeEnv);
}

const isAgent = (entry: string): boolean => entry.startsWith('SSH_AUTH_SOCK=');

/** The directory that a process starts in. */
export const workingDirOf = ({ config }: ImageConfig): string => config.WorkingDir || '/';
