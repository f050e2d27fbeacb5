import { type Command, IMAGES } from '@varve/core';
import { findImage, newName, usageError } from '@varve/core/command';
import { formatReference } from '@varve/core/image';

/** Gives an image one more name. */
export const tagCommand: Command = {
  name: 'tag',
  aliases: ['image tag'],
  summary: 'Give an image one more name',
  usage: '<image> <name[:tag]>',
  async run({ host, positionals }) {
    const [image = '', name = ''] = positionals;
    const target = newName(name);
    if (target.digest !== undefined || target.transport !== 'docker') throw usageError(`"${name}" is no name that an image can be given`);
    await host.get(IMAGES).tag(await findImage(host, image), formatReference(target));
    return 0;
  },
};
