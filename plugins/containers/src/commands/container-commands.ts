import type { Command } from '@varve/core';
import type { ContainerStore } from '../engine.ts';
import { FILE_COMMANDS } from './file-commands.ts';
import { LIFE_COMMANDS } from './life-commands.ts';
import { LOOK_COMMANDS } from './look-commands.ts';
import { PROCESS_COMMANDS } from './process-commands.ts';

/** Docker's verbs, each also under `container`. */
export const CONTAINER_COMMANDS: readonly ((store: ContainerStore) => Command)[] = [
  ...LIFE_COMMANDS,
  ...LOOK_COMMANDS,
  ...PROCESS_COMMANDS,
  ...FILE_COMMANDS,
];
