import { type Command, type Host, IMAGES } from '@varve/core';
import { findImage, humanSize, isOn, visible } from '@varve/core/command';
import type { Image } from '@varve/core/image';
import { octal } from './attributes.ts';
import { compareImages, type ImageComparison } from './compare-images.ts';
import type { FileChange } from './compare-trees.ts';

/** What makes one image another. */
export const diffCommand: Command = {
  name: 'image diff',
  summary: 'Show in what two images differ: configuration, layers, files',
  usage: '<image> <image>',
  options: {
    layers: { type: 'boolean', description: 'files layer by layer, not of the whole file systems' },
    json: { type: 'boolean', description: 'everything, as one JSON object' },
    quiet: { type: 'boolean', short: 'q', description: 'nothing but the exit code: 0 the same, 1 not' },
  },
  async run({ host, positionals, values, stdout, signal }) {
    const [a = '', b = ''] = positionals;
    const compared = await compareImages(await openImage(host, a), await openImage(host, b), { signal });
    if (isOn(values, 'json')) stdout.write(`${JSON.stringify(compared)}\n`);
    else if (!isOn(values, 'quiet'))
      stdout.write(
        linesOf(compared, isOn(values, 'layers'))
          .map((line) => `${visible(line)}\n`)
          .join(''),
      );
    return isSame(compared) || !isOn(values, 'quiet') ? 0 : 1;
  },
};

export const openImage = async (host: Host, text: string): Promise<Image> => await host.get(IMAGES).open(await findImage(host, text));

const isSame = ({ config, layers, files }: ImageComparison): boolean =>
  config.length === 0 && files.length === 0 && layers.every(({ from, to }) => from === to);

function linesOf({ config, layers, files }: ImageComparison, byLayer: boolean): readonly string[] {
  const differing = layers.filter(({ from, to }) => from !== to);
  const same = layers.length - differing.length;
  const layerLines = differing.flatMap(({ number, from, to, files: own }) => [
    ...(from === undefined ? [] : [`- ${number} ${from}`]),
    ...(to === undefined ? [] : [`+ ${number} ${to}`]),
    ...(byLayer ? own.flatMap(fileLines).map((line) => `  ${line}`) : []),
  ]);
  return [
    ...section(
      'Config',
      config.map(({ member, from, to }) => `C ${member}: ${json(from)} -> ${json(to)}`),
    ),
    ...section('Layers', differing.length === 0 ? [] : [...(same === 0 ? [] : [`= ${same} the same`]), ...layerLines]),
    ...(byLayer ? [] : section('Files', files.flatMap(fileLines))),
  ];
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];

function fileLines({ kind, path, entry, changes }: FileChange): readonly string[] {
  if (kind !== 'C')
    return [
      `${kind} ${path} (${entry.type} ${octal(entry.mode)} ${entry.uid}:${entry.gid}${entry.type === 'file' ? ` ${humanSize(entry.size)}` : ''})`,
    ];
  return [`C ${path} (${changes.map(({ what, from, to }) => `${what} ${short(from)} -> ${short(to)}`).join(', ')})`];
}

const json = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
const short = (text: string): string => text.replace(/^sha(?:256|512):([0-9a-f]{12})[0-9a-f]+$/, '$1');
