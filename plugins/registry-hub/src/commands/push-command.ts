import { type Command, IMAGES, VarveError } from '@varve/core';
import { formatReference, parseReference, withDefaultTag } from '@varve/core/image';
import { reportTransfer } from './report-transfer.ts';

export const pushCommand: Command = {
  name: 'push',
  aliases: ['image push'],
  summary: 'Bring an image to a registry',
  usage: '<image> [<destination>]',
  options: {
    quiet: { type: 'boolean', short: 'q', description: 'Print nothing but the name of the image' },
  },
  async run({ host, values, positionals, stdout, stderr, signal }) {
    const [text, to = text, ...rest] = positionals;
    if (text === undefined || to === undefined || rest.length > 0)
      throw new VarveError('USAGE', `Expected an image and perhaps a destination, found ${positionals.length} arguments`, {
        hint: 'varve push <image> [<destination>]',
      });
    const reference = withDefaultTag(parseReference(to));
    const images = host.get(IMAGES);
    const record = await images.find(text);
    if (record === undefined)
      throw new VarveError('IMAGE_UNKNOWN', `An image does not exist locally with the tag: ${text}`, {
        hint: '`varve images` lists what there is.',
      });
    const isQuiet = values.quiet === true;
    const say = (line: string) => void (isQuiet || stdout.write(`${line}\n`));
    say(`The push refers to repository [${reference.name}]`);
    const transport = await host.transport(reference, { signal });
    if (transport.push === undefined) throw new VarveError('TRANSPORT_NONE', `${transport.name} does not take images`);
    const image = await images.open(record);
    const { digest, size } = await transport.push(image, reference, { signal, emit: isQuiet ? undefined : reportTransfer(stderr) });
    say(`${reference.tag ?? reference.digest ?? reference.name}: digest: ${digest} size: ${size}`);
    if (isQuiet) stdout.write(`${formatReference(reference)}\n`);
    return 0;
  },
};
