import type { Command } from '@varve/core';
import type { Hub } from './access.ts';
import { loginCommand } from './login-command.ts';
import { logoutCommand } from './logout-command.ts';
import { pullCommand } from './pull-command.ts';
import { pushCommand } from './push-command.ts';

/** What this plugin adds to the command line. */
export const registryCommands = (hub: Hub): readonly Command[] => [
  pullCommand(hub),
  pushCommand(hub),
  loginCommand(hub),
  logoutCommand(hub),
];
