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

/** Writes an image everywhere the request names. @throws VarveError `EXPORTER_NONE` */
export async function exportImage(image: Image, on: Build): Promise<readonly ExportResult[]> {
  const results: ExportResult[] = [];
  for (const output of on.build.request.outputs ?? []) {
    const exporter = await on.hooks.exporter.promise(output);
    if (exporter === undefined)
      throw new VarveError('EXPORTER_NONE', `No exporter writes outputs of type "${output.type}"`, {
        hint: 'Add the plugin that does; `varve plugins` lists those that are loaded.',
      });
    results.push(await exporter.export(image, output, on.build));
  }
  return results;
}
