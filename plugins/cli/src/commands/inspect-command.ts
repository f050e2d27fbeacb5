import { type Command, IMAGES, VarveError } from '@varve/core';
import { compileTemplate, findImage, goJson, printError, textOf } from '@varve/core/command';
import { describeImage } from '../describe-image.ts';

/** Images in the members that docker's `inspect` has. */
export const inspectCommand: Command = {
  name: 'inspect',
  aliases: ['image inspect'],
  summary: 'Show all that is known about images',
  usage: '<image>...',
  options: {
    format: { type: 'string', short: 'f', value: '<format>', description: 'json or a Go template' },
    type: { type: 'string', value: '<type>', description: 'image', hidden: true },
  },
  async run({ host, positionals, values, stdout, stderr }) {
    const format = textOf(values, 'format');
    const show = format === undefined || format === 'json' ? undefined : compileTemplate(format);
    const found: Awaited<ReturnType<typeof describeImage>>[] = [];
    let code = 0;
    for (const text of positionals)
      try {
        const record = await findImage(host, text);
        found.push(await describeImage(record, await host.get(IMAGES).open(record)));
      } catch (error) {
        if (!VarveError.is(error)) throw error;
        printError(error, { stderr, debug: false });
        code = 1;
      }
    if (show !== undefined) for (const image of found) stdout.write(`${show(image)}\n`);
    else if (format === 'json') stdout.write(`${goJson(found)}\n`);
    else stdout.write(`${JSON.stringify(JSON.parse(goJson(found)), null, 4)}\n`);
    return code;
  },
};
