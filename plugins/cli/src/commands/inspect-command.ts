import { type Command, type Host, IMAGES, INSPECTABLES, type Invocation, STORE_STATE, VarveError } from '@varve/core';
import { inspectEach, textOf, usageError } from '@varve/core/command';
import { describeImage } from '../describe-image.ts';
import { openImage, PLATFORM_OPTION } from '../open-image.ts';

const FORMAT = { type: 'string', short: 'f', value: '<format>', description: 'json or a Go template' } as const;

/** Images in the members that docker's `inspect` has. */
export const imageInspectCommand: Command = {
  name: 'image inspect',
  summary: 'Show all that is known about images',
  usage: '<image>...',
  options: { format: FORMAT, platform: PLATFORM_OPTION },
  run: async (invocation) => await inspectEach(invocation, (text) => inspectImage(invocation, text)),
};

/** The same for whatever has the name: containers first, as docker looks for them. */
export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'Show all that is known about images, containers and volumes',
  usage: '<name>...',
  options: {
    format: FORMAT,
    platform: PLATFORM_OPTION,
    type: { type: 'string', value: '<type>', description: 'only this: container, image or volume' },
  },
  async run(invocation) {
    const { host, values } = invocation;
    const type = textOf(values, 'type');
    const types = ['image', ...host.all(INSPECTABLES).map((each) => each.type)];
    if (type !== undefined && !types.includes(type))
      throw usageError(`"${type}" is not a valid value for --type`, `There are ${types.join(', ')}.`);
    return await inspectEach(invocation, (text) => inspectAny(invocation, text, type));
  },
};

type Asking = Pick<Invocation, 'host' | 'values'>;

async function inspectAny(asking: Asking, text: string, type: string | undefined): Promise<object> {
  const { host } = asking;
  const isMeant = (of: string) => type === undefined || type === of;
  const others = host.all(INSPECTABLES).filter((each) => isMeant(each.type));
  for (const each of others.filter((one) => one.type === 'container')) {
    const found = await each.inspect(text);
    if (found !== undefined) return found;
  }
  if (type === 'image' || (others.length === 0 && isMeant('image'))) return await inspectImage(asking, text);
  if (isMeant('image') && (await host.get(IMAGES).find(text)) !== undefined) return await inspectImage(asking, text);
  for (const each of others.filter((one) => one.type !== 'container')) {
    const found = await each.inspect(text);
    if (found !== undefined) return found;
  }
  throw new VarveError('OBJECT_UNKNOWN', `No such ${type ?? 'object'}: ${text}`, {
    hint: 'See `varve images`, `varve ps -a` and `varve volume ls`.',
  });
}

async function inspectImage({ host, values }: Asking, text: string): Promise<object> {
  const { record, image } = await openImage(host, text, values);
  return await describeImage(record, { image, driver: await driverName(host) });
}

/** Of the driver that filled the store, or else would; none is no reason to say nothing of an image. */
async function driverName(host: Host): Promise<string> {
  const filled = await host.get(STORE_STATE).recall('storage driver');
  if (filled !== undefined) return filled;
  try {
    return (await host.storage()).provider.name;
  } catch (failure) {
    if (VarveError.is(failure)) return '';
    throw failure;
  }
}
