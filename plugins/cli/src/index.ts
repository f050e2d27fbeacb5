import { COMMANDS, type Command, definePlugin, KEEPERS, STORE_ROOT } from '@varve/core';
import { buildCommand } from './commands/build-command.ts';
import { historyCommand } from './commands/history-command.ts';
import { imageLsCommand, imagesCommand } from './commands/images-command.ts';
import { infoCommand } from './commands/info-command.ts';
import { imageInspectCommand, inspectCommand } from './commands/inspect-command.ts';
import { pluginsCommand } from './commands/plugins-command.ts';
import { rmiCommand } from './commands/rmi-command.ts';
import { tagCommand } from './commands/tag-command.ts';
import { versionCommand } from './commands/version-command.ts';
import { readOptions } from './options.ts';
import { receiptKeeper } from './repeat/receipt-keeper.ts';
import { Tale } from './repeat/tale.ts';

export { defineConfig, type VarveConfig } from './config.ts';

/** The verbs of the command line that other plugins do not bring. */
export const cli = definePlugin({
  name: 'varve',
  core: '^0.1.0',
  options: readOptions,
  apply({ hooks, contribute, options }) {
    const tale = new Tale();
    hooks.event.tap(async (event) => tale.hear(event));
    contribute(KEEPERS, [STORE_ROOT], receiptKeeper);
    const commands: readonly Command[] = [
      buildCommand({ options, tale }),
      imagesCommand,
      imageLsCommand,
      tagCommand,
      rmiCommand,
      historyCommand,
      inspectCommand,
      imageInspectCommand,
      infoCommand(options),
      versionCommand,
      pluginsCommand,
    ];
    for (const command of commands) contribute(COMMANDS, [], () => command);
  },
});
