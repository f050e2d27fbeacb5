import type { Step } from '@varve/core';
import type { DockerInstruction } from '../instructions/instruction.ts';
import { lowerAdd, lowerCopy } from './lower-copy.ts';
import {
  lowerArg,
  lowerCmd,
  lowerEntrypoint,
  lowerEnv,
  lowerExpose,
  lowerHealthcheck,
  lowerLabel,
  lowerMaintainer,
  lowerOnbuild,
  lowerShell,
  lowerStopsignal,
  lowerUser,
  lowerVolume,
} from './lower-metadata.ts';
import { lowerRun } from './lower-run.ts';
import { lowerWorkdir } from './lower-workdir.ts';
import type { StageScope } from './stage-scope.ts';

/** The steps that an instruction stands for; it may change the stage's state. */
export function lowerInstruction(instruction: DockerInstruction, scope: StageScope): readonly Step[] {
  switch (instruction.kind) {
    case 'add':
      return lowerAdd(instruction, scope);
    case 'arg':
      return lowerArg(instruction, scope);
    case 'cmd':
      return lowerCmd(instruction, scope);
    case 'copy':
      return lowerCopy(instruction, scope);
    case 'entrypoint':
      return lowerEntrypoint(instruction, scope);
    case 'env':
      return lowerEnv(instruction, scope);
    case 'expose':
      return lowerExpose(instruction, scope);
    case 'healthcheck':
      return lowerHealthcheck(instruction);
    case 'label':
      return lowerLabel(instruction, scope);
    case 'maintainer':
      return lowerMaintainer(instruction);
    case 'onbuild':
      return lowerOnbuild(instruction, scope);
    case 'run':
      return lowerRun(instruction, scope);
    case 'shell':
      return lowerShell(instruction, scope);
    case 'stopsignal':
      return lowerStopsignal(instruction, scope);
    case 'user':
      return lowerUser(instruction, scope);
    case 'volume':
      return lowerVolume(instruction, scope);
    case 'workdir':
      return lowerWorkdir(instruction, scope);
    default:
      return instruction satisfies never;
  }
}
