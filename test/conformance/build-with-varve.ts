import { join } from 'node:path';
import { type BuildRequest, createKernel, type Kernel } from '@varve/core';
import { MergedTree } from '@varve/core/archive';
import type { Image } from '@varve/core/image';
import { findSource, textSource } from '../../plugins/cli/src/build/find-source.ts';
import { loadPreset } from '../helpers/preset.ts';
import type { ConformanceCase } from './conformance-case.ts';
import type { Outcome } from './outcome.ts';
import { difference, showTree } from './show-tree.ts';

/** Instead of what fits first. */
type Facilities = Pick<BuildRequest, 'storage' | 'executor'>;

/** The image that most cases begin with. */
interface Below {
  readonly lines: readonly string[];
  readonly rows: number;
}

/** Builds cases in this process, one after the other, on one store. */
export class VarveBuilder implements AsyncDisposable {
  readonly #kernel: Kernel;
  readonly #host: Facilities;
  #below: Promise<Below> | undefined;

  private constructor(kernel: Kernel, host: Facilities) {
    this.#kernel = kernel;
    this.#host = host;
  }

  /** `root` is a store that has `busybox`; nobody tells what is going on. */
  static async open(root: string, host: Facilities = {}): Promise<VarveBuilder> {
    const plugins = (await loadPreset()).filter(({ name }) => name !== '@varve/progress');
    return new VarveBuilder(createKernel({ root, plugins }), host);
  }

  async build(one: ConformanceCase, dir: string): Promise<Outcome> {
    const settings = { context: dir, ...this.#host };
    if (one.base !== undefined)
      await this.#kernel.build({
        ...settings,
        source: textSource(one.base),
        outputs: [{ type: 'image', names: ['docker.io/library/base:latest'] }],
      });
    const { image } = await this.#kernel.build({ ...settings, ...requestOf(one, dir) });
    return await this.#describe(image, one);
  }

  async #describe(image: Image, { showTimes }: ConformanceCase): Promise<Outcome> {
    this.#below ??= this.#busybox();
    const below = await this.#below;
    const rows = image.config.history.slice(image.baseLayers === 0 ? 0 : below.rows);
    return {
      tree: difference(await linesOf(image, showTimes), below.lines),
      config: image.config.config,
      history: rows.map(({ created_by = '' }) => created_by),
      layers: image.layers.length - image.baseLayers,
      author: image.config.author,
    };
  }

  async #busybox(): Promise<Below> {
    const { image } = await this.#kernel.build({ source: textSource('FROM busybox') });
    return { lines: await linesOf(image), rows: image.config.history.length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kernel[Symbol.asyncDispose]();
  }
}

const linesOf = async (image: Image, showTimes?: boolean): Promise<readonly string[]> =>
  await showTree(await MergedTree.of(image.layers), { showTimes });

function requestOf({ asked = {} }: ConformanceCase, dir: string): BuildRequest {
  const { args, target, labels, network, allow, squash = false, layers = true, file, contexts = {} } = asked;
  return {
    source: findSource(dir, file),
    args,
    target,
    labels,
    contexts: Object.fromEntries(Object.entries(contexts).map(([name, path]) => [name, path.includes(':') ? path : join(dir, path)])),
    run: { network },
    allow,
    options: { squash, layers },
  };
}
