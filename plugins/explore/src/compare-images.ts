import { MergedTree } from '@varve/core/archive';
import { type Abortable, type DiffID, type Image, type Layer, parseConfigFile } from '@varve/core/image';
import { compareTrees, type FileChange } from './compare-trees.ts';

export interface ConfigChange {
  /** From the outside in: `config.Env[1]`. */
  readonly member: string;
  /** JSON; `undefined` where there is none. */
  readonly from: unknown;
  readonly to: unknown;
}
/** The layers of two images at one place, bottom first. */
export interface LayerComparison {
  readonly number: number;
  readonly from: DiffID | undefined;
  readonly to: DiffID | undefined;
  /** What the layers themselves say differently, without those below. */
  readonly files: readonly FileChange[];
}
export interface ImageComparison {
  readonly config: readonly ConfigChange[];
  readonly layers: readonly LayerComparison[];
  /** Of the whole file systems. */
  readonly files: readonly FileChange[];
}

/** Everything in which two images differ: configuration, layer by layer, and the files that a container would see. */
export async function compareImages(a: Image, b: Image, options: Abortable = {}): Promise<ImageComparison> {
  const [from, to] = await Promise.all([MergedTree.of(a.layers, options), MergedTree.of(b.layers, options)]);
  return {
    config: compareConfigs(await configOf(a), await configOf(b)),
    layers: await compareLayers(a, b, options),
    files: await compareTrees(from, to, options),
  };
}

const configOf = async (image: Image): Promise<unknown> => {
  const { rootfs: _, ...rest } = JSON.parse(Buffer.from(await image.configBytes()).toString('utf8')) as Record<string, unknown>;
  return rest; // the layers are compared by themselves
};

/** Objects member by member and lists place by place; strings and numbers as a whole. */
function compareConfigs(from: unknown, to: unknown, member = ''): readonly ConfigChange[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (!isObject(from) || !isObject(to) || Array.isArray(from) !== Array.isArray(to)) return [{ member, from, to }];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const within = (name: string) => (Array.isArray(to) ? `${member}[${name}]` : member === '' ? name : `${member}.${name}`);
  return names.flatMap((name) => compareConfigs(from[name], to[name], within(name)));
}

async function compareLayers(a: Image, b: Image, options: Abortable): Promise<readonly LayerComparison[]> {
  const [from, to] = [await diffIdsOf(a), await diffIdsOf(b)];
  const compared: LayerComparison[] = [];
  for (let i = 0; i < Math.max(from.length, to.length); i++) {
    const files =
      from[i] === to[i] ? [] : await compareTrees(await treeOf(a.layers[i], options), await treeOf(b.layers[i], options), options);
    compared.push({ number: i + 1, from: from[i], to: to[i], files });
  }
  return compared;
}

const diffIdsOf = async (image: Image): Promise<readonly DiffID[]> => parseConfigFile(await image.configBytes()).rootfs.diff_ids;

/** A layer by itself. Its hard links lead within it; whiteouts take away what is not there. */
const treeOf = async (layer: Layer | undefined, options: Abortable): Promise<MergedTree> =>
  await MergedTree.of(layer === undefined ? [] : [layer], options);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
