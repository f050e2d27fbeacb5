import { type Command, IMAGES, LAYERS, VarveError } from '@varve/core';
import { familiarName, parsePlatform } from '@varve/core/image';
import { loadArchive } from './load-archive.ts';

export const loadCommand: Command = {
  name: 'load',
  aliases: ['image load'],
  summary: 'Take images from an archive or an OCI layout directory',
  options: {
    input: { type: 'string', short: 'i', value: '<path>', description: 'Read a file or directory instead of stdin' },
    quiet: { type: 'boolean', short: 'q', description: 'Show no progress' },
    platform: { type: 'string', value: '<platform>', description: 'Take only the image for this platform, not all' },
  },
  async run({ host, values, positionals, stdin, stdout, signal }) {
    if (positionals.length > 0)
      throw new VarveError('USAGE', `Expected no argument, found ${positionals[0]}`, { hint: 'varve load [-i <file>]' });
    const input = typeof values.input === 'string' && values.input !== '-' ? values.input : undefined;
    if (input === undefined && (stdin as typeof stdin & { readonly isTTY?: boolean }).isTTY === true)
      throw new VarveError('USAGE', 'Expected an archive on stdin, found a terminal', { hint: 'Name a file with -i.' });
    const platform = typeof values.platform === 'string' ? parsePlatform(values.platform) : undefined;
    const stores = { layers: host.get(LAYERS), images: host.get(IMAGES) };
    for (const { names, id } of await loadArchive(input ?? stdin, stores, { platform, signal }))
      stdout.write(names.length === 0 ? `Loaded image ID: ${id}\n` : names.map((name) => `Loaded image: ${familiarName(name)}\n`).join(''));
    return 0;
  },
};
