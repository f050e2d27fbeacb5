import type { Command } from '@varve/core';
import { isOn, layOut } from '@varve/core/command';

/** The loaded plugins in the order in which they are asked. */
export const pluginsCommand: Command = {
  name: 'plugins',
  summary: 'List the loaded plugins in the order they are asked',
  options: { json: { type: 'boolean', description: 'one JSON object a line' } },
  async run({ host, values, stdout }) {
    if (isOn(values, 'json')) for (const plugin of host.plugins) stdout.write(`${JSON.stringify(plugin)}\n`);
    else stdout.write(layOut([['PLUGIN', 'WRITTEN FOR CORE'], ...host.plugins.map(({ name, core }) => [name, core])]));
    return 0;
  },
};
