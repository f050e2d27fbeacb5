import type { Command } from '@varve/core';
import type { Hub } from './access.ts';
import { explainCommand } from './explain-command.ts';
import { loginCommand } from './login-command.ts';
import { logoutCommand } from './logout-command.ts';
import { manifestAnnotate, manifestCreate, manifestPush, manifestRemove } from './manifest-commands.ts';
import { manifestInspect } from './manifest-inspect-command.ts';
import { pullCommand } from './pull-command.ts';
import { pushCommand } from './push-command.ts';
import { searchCommand } from './search-command.ts';

/** What this plugin adds to the command line. */
export const registryCommands = (hub: Hub): readonly Command[] => [
  pullCommand(hub),
  pushCommand(hub),
  loginCommand(hub),
  logoutCommand(hub),
  searchCommand(hub),
  manifestInspect(hub),
  manifestCreate(hub),
  manifestAnnotate,
  manifestPush(hub),
  manifestRemove,
  explainCommand(hub),
];
