import { posix } from 'node:path';
import type { ConfigStep, MkdirStep } from '@varve/core';
import type { WorkdirInstruction } from '../instructions/instruction.ts';
import { row } from './history.ts';
import type { StageScope } from './stage-scope.ts';

const MODE = 0o755;

/** The directory is made even where it exists: its row stands for a layer. Only `/` is always there. */
export function lowerWorkdir(
  { path, text, source }: WorkdirInstruction,
  { state, expand }: StageScope,
): readonly (ConfigStep | MkdirStep)[] {
  const dir = resolvePath(state.workingDir, expand(path));
  state.workingDir = dir;
  state.hasWorkdir = true;
  const history = row(`WORKDIR ${dir}`);
  const config: ConfigStep = { kind: 'config', title: text, source, patch: { WorkingDir: dir } };
  if (dir === '/') return [{ ...config, history }];
  return [config, { kind: 'mkdir', title: text, source, history, path: dir, owner: state.user, mode: MODE }];
}

/** Absolute and clean; `..` stops at the root. */
export function resolvePath(workingDir: string, path: string): string {
  return posix.resolve('/', workingDir, path);
}
