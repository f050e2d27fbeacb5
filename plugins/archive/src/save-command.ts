import { CONTENT, type Command, IMAGES, LAYERS, VarveError } from '@varve/core';
import { parsePlatform } from '@varve/core/image';
import { findImages } from './find-images.ts';
import { refuseTerminal, writeOutput } from './output.ts';
import { saveImages } from './save-images.ts';

export const saveCommand: Command = {
  name: 'save',
  aliases: ['image save'],
  summary: 'Write images to a tar archive',
  usage: '<image>...',
  options: {
    platform: { type: 'string', value: '<platform>', description: 'Write only the image for this platform, not all' },
    output: { type: 'string', short: 'o', value: '<file>', description: 'Write to a file instead of stdout' },
  },
  async run({ host, values, positionals, stdout, signal }) {
    if (positionals.length === 0)
      throw new VarveError('USAGE', 'Expected the name of an image, found none', { hint: 'varve save [-o <file>] <image>...' });
    const dest = typeof values.output === 'string' ? values.output : '-';
    if (dest === '-') refuseTerminal(stdout);
    const platform = typeof values.platform === 'string' ? parsePlatform(values.platform) : undefined;
    const images = await findImages(positionals, { images: host.get(IMAGES), platform });
    const archive = saveImages(images, { content: host.get(CONTENT), layers: host.get(LAYERS) }, { signal });
    await writeOutput(dest, archive, { stdout, signal });
    return 0;
  },
};
