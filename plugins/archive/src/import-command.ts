import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Command, IMAGES, LAYERS, messageOf, VarveError } from '@varve/core';
import { formatReference, parsePlatform, parseReference, withDefaultTag } from '@varve/core/image';
import { importRootfs } from './import-rootfs.ts';
import { isErrno } from './output.ts';

const USAGE = 'varve import [-c <instruction>] <file>|- [<name>[:<tag>]]';

export const importCommand: Command = {
  name: 'import',
  aliases: ['image import'],
  summary: 'Make an image from the tar of a root filesystem',
  usage: '<file>|- [<name>[:<tag>]]',
  options: {
    change: {
      type: 'string',
      short: 'c',
      multiple: true,
      value: '<instruction>',
      description: 'Apply a Dockerfile instruction to the image',
    },
    message: { type: 'string', short: 'm', value: '<text>', description: "Comment in the image's history" },
    platform: { type: 'string', value: '<platform>', description: 'What the image runs on, if not on hosts like this one' },
  },
  async run({ host, values, positionals, stdin, stdout, signal }) {
    const [file, name, ...rest] = positionals;
    if (file === undefined || rest.length > 0)
      throw new VarveError('USAGE', `Expected a file and perhaps a name, found ${positionals.length} arguments`, { hint: USAGE });
    if (/^https?:\/\//.test(file))
      throw new VarveError('USAGE', `Expected a file or -, found the address ${new URL(file).origin}/…`, {
        hint: `Download it first: curl -L <address> | ${USAGE.replace('<file>|-', '-')}`,
      });
    const { id } = await readable(file, stdin, (source) =>
      importRootfs(
        source,
        { layers: host.get(LAYERS), images: host.get(IMAGES) },
        {
          names: name === undefined ? [] : [fullNameOf(name)],
          changes: Array.isArray(values.change) ? values.change : [],
          message: typeof values.message === 'string' && values.message !== '' ? values.message : undefined,
          platform: typeof values.platform === 'string' ? parsePlatform(values.platform) : undefined,
          created: sourceDate(process.env.SOURCE_DATE_EPOCH),
          signal,
        },
      ),
    );
    stdout.write(`${id}\n`);
    return 0;
  },
};

async function readable<T>(file: string, stdin: Readable, use: (source: Readable) => Promise<T>): Promise<T> {
  try {
    return await use(file === '-' ? stdin : createReadStream(file, { highWaterMark: 1 << 18 }));
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    const isDirectory = cause.code === 'EISDIR'; // a read has no path, and there is nothing else that is read like a file
    if (!isDirectory && (!('path' in cause) || cause.path !== file)) throw cause;
    throw new VarveError('ARCHIVE_UNREADABLE', `Cannot read ${file}: ${messageOf(cause)}`, {
      cause,
      hint: isDirectory ? `Pack it first: tar -C <directory> -c . | ${USAGE.replace('<file>|-', '-')}` : undefined,
    });
  }
}

function fullNameOf(text: string): string {
  const reference = parseReference(text);
  if (reference.transport !== 'docker' || reference.digest !== undefined)
    throw new VarveError('REFERENCE_INVALID', `Expected a name like acme/base:1.0, found ${JSON.stringify(text)}`);
  return formatReference(withDefaultTag(reference));
}

function sourceDate(text: string | undefined): Date | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,11}$/.test(text))
    throw new VarveError('USAGE', `Expected seconds since 1970 in SOURCE_DATE_EPOCH, found ${JSON.stringify(text)}`);
  return new Date(Number(text) * 1000);
}
