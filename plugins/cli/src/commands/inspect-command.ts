import { type Command, IMAGES, INSPECTABLES, type Invocation, VarveError } from '@varve/core';
import { compileTemplate, goJson, printError, textOf, usageError } from '@varve/core/command';
import { describeImage } from '../describe-image.ts';
import { openImage, PLATFORM_OPTION } from '../open-image.ts';

const FORMAT = { type: 'string', short: 'f', value: '<format>', description: 'json or a Go template' } as const;

/** Images in the members that docker's `inspect` has. */
export const imageInspectCommand: Command = {
  name: 'image inspect',
  summary: 'Show all that is known about images',
  usage: '<image>...',
  options: { format: FORMAT, platform: PLATFORM_OPTION },
  run: async (invocation) => await inspectAll(invocation, (text) => inspectImage(invocation, text)),
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
    return await inspectAll(invocation, (text) => inspectAny(invocation, text, type));
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
  return await describeImage(record, image);
}

async function inspectAll(
  { positionals, values, stdout, stderr }: Invocation,
  inspect: (text: string) => Promise<object>,
): Promise<number> {
  const format = textOf(values, 'format');
  const show = format === undefined || format === 'json' ? undefined : compileTemplate(format);
  const found: object[] = [];
  let code = 0;
  for (const text of positionals)
    try {
      found.push(await inspect(text));
    } catch (error) {
      if (!VarveError.is(error)) throw error;
      printError(error, { stderr, debug: false });
      code = 1;
    }
  if (show !== undefined) for (const one of found) stdout.write(`${show(one)}\n`);
  else if (format === 'json') stdout.write(`${goJson(found)}\n`);
  else stdout.write(`${JSON.stringify(JSON.parse(goJson(found)), null, 4)}\n`);
  return code;
}
