import { fillTimes, formatPlatform, type Image, type ImageIndex, makeImage, patchConfig, timeOfConfig } from '../image/index.ts';
import type { Build } from './build.ts';
import { clampTime, now } from './clock.ts';
import type { BuildInfo } from './contracts/build.ts';
import type { ExportResult } from './contracts/exporter.ts';
import { VarveError } from './errors.ts';
import { storeLayers } from './keep-layers.ts';
import type { StageState } from './stage-state.ts';

/** The image that a stage's last state is, as the `image` taps leave it, with every layer in the store. */
export async function finishImage(state: StageState, on: Build): Promise<Image> {
  const { request, platform, epoch } = on.build;
  const created = clampTime(timeOfConfig(state.config) ?? now(), epoch);
  const labels = request.labels ?? {};
  const config = Object.keys(labels).length > 0 ? patchConfig(state.config.config, { Labels: labels }) : state.config.config;
  const { layers, baseLayers } = state;
  const annotations = { ...request.annotations, ...request.platformAnnotations?.[formatPlatform(platform)] };
  const timed = layers.length === 0 ? fillTimes(state.config, created) : state.config;
  const made = makeImage({ config: { ...timed, created, config }, layers, baseLayers, annotations });
  const image = await on.hooks.image.promise(made, on.build);
  return image.movedTo(await storeLayers(image.layers, state.unrecorded, on));
}

/** What came of a request: of several platforms the first image and an index over all. */
export interface Built {
  readonly image: Image;
  readonly index?: ImageIndex;
}

/** Writes what was built to one of the places that the request names. */
export type Output = (built: Built) => Promise<ExportResult>;

/**
 * Who writes each output: asked before anything is built, so that nobody waits for a build that cannot be written.
 * @throws VarveError `EXPORTER_NONE`, `EXPORT_SINGLE_PLATFORM`
 */
export async function outputsOf(builds: readonly [Build, ...Build[]], info: BuildInfo): Promise<readonly Output[]> {
  const outputs: Output[] = [];
  for (const request of info.request.outputs ?? []) {
    const exporter = await builds[0].hooks.exporter.promise(request);
    if (exporter === undefined)
      throw new VarveError('EXPORTER_NONE', `No exporter writes outputs of type "${request.type}"`, {
        hint: 'Add the plugin that does; `varve plugins` lists those that are loaded.',
      });
    if (builds.length > 1 && exporter.exportIndex === undefined)
      throw new VarveError('EXPORT_SINGLE_PLATFORM', `Outputs of type "${request.type}" hold one platform, not ${builds.length}`, {
        hint: 'Build one platform, or choose another output: type=oci, image, registry, local or tar.',
      });
    outputs.push(async ({ image, index }) =>
      index === undefined || exporter.exportIndex === undefined
        ? await exporter.export(image, request, info)
        : await exporter.exportIndex(index, request, info),
    );
  }
  return outputs;
}
