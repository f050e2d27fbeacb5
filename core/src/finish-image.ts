import { type Image, makeImage, patchConfig } from '../image/index.ts';
import type { Build } from './build.ts';
import { clampTime, timeOfConfig } from './clock.ts';
import type { ExportResult } from './contracts/exporter.ts';
import { VarveError } from './errors.ts';
import { storeLayers } from './keep-layers.ts';
import type { StageState } from './stage-state.ts';

/** The image that a stage's last state is, as the `image` taps leave it, with every layer in the store. */
export async function finishImage(state: StageState, on: Build): Promise<Image> {
  const { request, epoch } = on.build;
  const created = clampTime(timeOfConfig(state.config), epoch);
  const labels = request.labels ?? {};
  const config = Object.keys(labels).length > 0 ? patchConfig(state.config.config, { Labels: labels }) : state.config.config;
  const { layers, baseLayers } = state;
  const made = makeImage({ config: { ...state.config, created, config }, layers, baseLayers, annotations: request.annotations });
  const image = await on.hooks.image.promise(made, on.build);
  return image.movedTo(await storeLayers(image.layers, state.unrecorded, on));
}

/** Writes a finished image to one of the places that the request names. */
export type Output = (image: Image) => Promise<ExportResult>;

/** Who writes each output: asked before anything is built, so that nobody waits for a build that cannot be written. @throws VarveError `EXPORTER_NONE` */
export async function outputsOf({ build, hooks }: Build): Promise<readonly Output[]> {
  const outputs: Output[] = [];
  for (const request of build.request.outputs ?? []) {
    const exporter = await hooks.exporter.promise(request);
    if (exporter === undefined)
      throw new VarveError('EXPORTER_NONE', `No exporter writes outputs of type "${request.type}"`, {
        hint: 'Add the plugin that does; `varve plugins` lists those that are loaded.',
      });
    outputs.push((image) => exporter.export(image, request, build));
  }
  return outputs;
}
