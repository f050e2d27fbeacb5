import { type Command, IMAGES, VarveError } from '@varve/core';
import {
  familiarName,
  formatReference,
  hostPlatform,
  type ImageReference,
  parsePlatform,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import { eachOf } from '../client/pool.ts';
import { reportTransfer } from './report-transfer.ts';

/** As docker: more does not make a line faster. */
const DOWNLOADS = 3;

export const pullCommand: Command = {
  name: 'pull',
  aliases: ['image pull'],
  summary: 'Fetch an image from a registry',
  usage: '<image>',
  options: {
    quiet: { type: 'boolean', short: 'q', description: 'Print nothing but the name of the image' },
    platform: { type: 'string', value: '<platform>', description: 'Fetch the image for another platform than this host' },
  },
  async run({ host, values, positionals, stdout, stderr, signal }) {
    const [text, ...rest] = positionals;
    if (text === undefined || rest.length > 0)
      throw new VarveError('USAGE', `Expected one image, found ${positionals.length}`, { hint: 'varve pull <image>' });
    const given = parseReference(text);
    const reference = withDefaultTag(given);
    const isQuiet = values.quiet === true;
    const say = (line: string) => void (isQuiet || stdout.write(`${line}\n`));
    if (reference.tag !== given.tag) say('Using default tag: latest');
    say(`${reference.digest ?? reference.tag ?? reference.name}: Pulling from ${familiarName(reference.path)}`);
    const platform = typeof values.platform === 'string' ? parsePlatform(values.platform) : hostPlatform();
    const emit = isQuiet ? undefined : reportTransfer(stderr);
    const image = await host.resolve(reference, { platform, fresh: true, signal, ...(emit && { emit }) });
    const images = host.get(IMAGES);
    const { digest } = await image.descriptor({ signal });
    const before = await images.find(digest);
    await eachOf(image.layers, DOWNLOADS, (layer) => layer.index({ signal }));
    await images.put(image, { names: namesOf(reference), signal });
    say(`Digest: ${digest}`);
    say(
      `Status: ${before === undefined ? 'Downloaded newer image' : 'Image is up to date'} for ${familiarName(formatReference(reference))}`,
    );
    stdout.write(`${formatReference(reference)}\n`);
    return 0;
  },
};

/** An image that was asked for by its digest gets no tag: nobody looked whether the tag still means it. */
const namesOf = (reference: ImageReference): readonly string[] =>
  reference.transport === 'docker' && reference.digest === undefined ? [formatReference(reference)] : [];
