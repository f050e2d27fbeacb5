import { type Command, VarveError } from '@varve/core';
import { contentSize, type LayerIndex, MergedTree } from '@varve/core/archive';
import { humanSize, isOn, textOf, usageError, visible } from '@varve/core/command';
import { type DiffID, type Image, parseConfigFile } from '@varve/core/image';
import { openImage } from './diff-command.ts';
import { drawTree } from './draw-tree.ts';
import { type Waste, wasteIn } from './waste.ts';

/** Lines of wasted files that are shown without `--json`. */
const SHOWN = 20;

/** What lies in an image or one of its layers, from the indexes; and what later layers made useless. */
export const treeCommand: Command = {
  name: 'tree',
  aliases: ['image tree'],
  summary: 'Show the files of an image or of one of its layers, with sizes and wasted space',
  usage: '<image> [layer]',
  options: {
    depth: { type: 'string', short: 'L', value: '<number>', description: 'directories deeper than this are shown as a sum (default 3)' },
    json: { type: 'boolean', description: 'every entry, as JSON' },
  },
  async run({ host, positionals, values, stdout, signal }) {
    const [name = '', which] = positionals;
    const image = await openImage(host, name);
    const diffIds = parseConfigFile(await image.configBytes()).rootfs.diff_ids;
    const indexes = await Promise.all(image.layers.map((layer) => layer.index({ signal })));
    const number = which === undefined ? undefined : layerNumber(which, diffIds);
    const waste = wasteIn(indexes).filter(({ layer }) => number === undefined || layer === number);
    if (isOn(values, 'json')) {
      stdout.write(`${JSON.stringify({ layers: layersOf(diffIds, indexes, image), entries: entriesOf(indexes, number), waste })}\n`);
      return 0;
    }
    const layers = number === undefined ? image.layers : image.layers.slice(number - 1, number);
    const depth = depthOf(textOf(values, 'depth'));
    const head = layersOf(diffIds, indexes, image)
      .filter((layer) => number === undefined || layer.number === number)
      .map((layer) => `${layer.number} ${layer.diffId.slice(7, 19)} ${humanSize(layer.size)} ${layer.createdBy}`);
    const lines = [...head, '', ...drawTree(await MergedTree.of(layers, { signal }), depth), '', ...wasteLines(waste)];
    stdout.write(lines.map((line) => `${visible(line)}\n`).join(''));
    return 0;
  },
};

/** By number, bottom is 1, or by the beginning of a diffID. @throws VarveError `LAYER_UNKNOWN` */
function layerNumber(text: string, diffIds: readonly DiffID[]): number {
  const number = /^\d{1,4}$/.test(text)
    ? Number(text)
    : diffIds.findIndex((id) => id === text || id.slice('sha256:'.length).startsWith(text)) + 1;
  if (number >= 1 && number <= diffIds.length) return number;
  throw new VarveError('LAYER_UNKNOWN', `Expected one of ${diffIds.length} layers, found ${JSON.stringify(text)}`, {
    hint: 'Layers have numbers, the bottom one is 1, and diffIDs: `varve tree <image>` lists both.',
  });
}

interface ShownLayer {
  readonly number: number;
  readonly diffId: DiffID;
  /** Bytes of its files. */
  readonly size: number;
  readonly createdBy: string;
}

function layersOf(diffIds: readonly DiffID[], indexes: readonly LayerIndex[], { config }: Image): readonly ShownLayer[] {
  const rows = config.history.filter(({ empty_layer }) => empty_layer !== true);
  return diffIds.map((diffId, i) => ({
    number: i + 1,
    diffId,
    size: contentSize(indexes[i] ?? []),
    createdBy: (rows[i]?.created_by ?? '').replace(/\s+/g, ' ').slice(0, 100),
  }));
}

const entriesOf = (indexes: readonly LayerIndex[], number: number | undefined): readonly object[] =>
  indexes.flatMap((index, i) => (number === undefined || number === i + 1 ? [...index].map((entry) => ({ layer: i + 1, ...entry })) : []));

function wasteLines(waste: readonly Waste[]): readonly string[] {
  const total = waste.reduce((sum, { size }) => sum + size, 0);
  const lines = waste
    .slice(0, SHOWN)
    .map(({ path, size, layer, by, how }) => `  ${humanSize(size)} ${path} of layer ${layer}, ${how} by layer ${by}`);
  const more = waste.length > SHOWN ? [`  and ${waste.length - SHOWN} more: --json lists them`] : [];
  return [`Wasted: ${humanSize(total)} in ${waste.length} files that later layers overwrite or delete`, ...lines, ...more];
}

function depthOf(text: string | undefined): number {
  if (text === undefined) return 3;
  if (/^\d{1,3}$/.test(text) && Number(text) > 0) return Number(text);
  throw usageError(`--depth expects a number from 1, found ${JSON.stringify(text)}`);
}
