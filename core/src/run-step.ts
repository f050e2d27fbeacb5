import { appendHistory, type CacheKey, composeLayer, fillTimes, type Layer, timeOfConfig } from '../image/index.ts';
import type { Build } from './build.ts';
import { type AskedRecord, firstHit, type Hit, recordAll } from './cache.ts';
import { keyOf, layerIdOf, stateKey } from './cache-key.ts';
import { clampTime, now } from './clock.ts';
import type { StepPlace } from './contracts/event.ts';
import type { StepHandler, StepResult } from './contracts/step.ts';
import type { CacheRecord } from './contracts/store.ts';
import { VarveError } from './errors.ts';
import { arrivedState, isLost } from './lost-layer.ts';
import { historyRow, makeState, type StageState } from './stage-state.ts';
import { inputsOf, scopeOf } from './step-scope.ts';
import { keepWorkspace, OpenWorkspace } from './step-workspace.ts';
import { blame } from './taps.ts';

/** One step of one stage: fingerprint, cache, execute, capture or compose, commit. A cached step opens no snapshot. */
export async function runStep(place: StepPlace, at: StageState, on: Build): Promise<StageState> {
  const { step } = place;
  await on.stages.ready(step);
  try {
    const handler = await on.hooks.handler.promise(step);
    if (handler !== undefined) return await runWith(handler, place, at, on);
    throw new VarveError('STEP_UNKNOWN', `No plugin runs "${step.kind}" steps`, {
      hint: 'Add the plugin that does; `varve plugins` lists those that are loaded.',
    });
  } catch (failure) {
    if (isLost(failure)) throw failure; // the stage begins again
    const isStopped = on.build.signal?.aborted === true || (VarveError.is(failure) && failure.code === 'STEP_STOPPED');
    const error = isStopped ? stopped(failure) : VarveError.with(blame(failure, undefined, step.title), { source: step.source });
    on.emit({ type: 'step-failed', ...place, code: error.code, message: error.message });
    throw error;
  }
}

/** What went wrong in a step after the build was stopped is no failure of the step's. */
const stopped = (cause: unknown): VarveError => new VarveError('STEP_STOPPED', 'The step was stopped', { cause });

async function runWith(handler: StepHandler, place: StepPlace, at: StageState, on: Build): Promise<StageState> {
  const parts = await handler.fingerprint(place.step, inputsOf(place, at, on));
  if (parts === undefined) return await configure(handler, place, at, on);
  const { epoch } = on.build;
  const shapers = on.hooks.layer.taps.map((tap) => tap.name);
  const key = keyOf({ platform: at.platform, parent: at.key, kind: place.step.kind, epoch, shapers }, parts);
  const asked = { key, parts, parent: at.key, kind: place.step.kind, title: place.step.title };
  const hit = on.isCached(place.stage) ? await firstHit(on, asked, { isPatient: on.stages.isPatient(place.stage) }) : undefined;
  if (hit !== undefined) {
    on.emit({ type: 'step-cached', ...place, key });
    return extend(at, place, on, { ...hit, lasts: true });
  }
  const below = await arrivedState(at);
  const shared = on.work.shared(key); // nobody may begin the same between this and that
  if (shared !== undefined) return await extendShared(shared, { place, at: below, on, key });
  on.emit({ type: 'step-started', ...place });
  const made = await on.work.run(key, () => make(handler, place, below, { on, asked }));
  on.emit({ type: 'step-finished', ...place, key });
  return extend(made.below ?? below, place, on, made);
}

interface Sharing {
  readonly place: StepPlace;
  readonly at: StageState;
  readonly on: Build;
  readonly key: CacheKey;
}

/** What another stage or platform comes to counts here too. Where it fails, the failure is told there. */
async function extendShared(shared: Promise<Made>, { place, at, on, key }: Sharing): Promise<StageState> {
  const made = await shared.catch((failure: unknown) => {
    throw stopped(failure);
  });
  on.emit({ type: 'step-cached', ...place, key });
  return extend(at, place, on, made);
}

/** A step without a fingerprint: it may change the config and nothing else. */
async function configure(handler: StepHandler, place: StepPlace, at: StageState, on: Build): Promise<StageState> {
  const { step } = place;
  const refuse = async (what: string): Promise<never> => {
    const message = `A "${step.kind}" step without a fingerprint asked for ${what}; it may only change the config`;
    throw new VarveError('STEP_CONTRACT', message);
  };
  on.emit({ type: 'step-started', ...place });
  const scope = scopeOf(place, at, on);
  const result = await handler.execute(step, { ...scope, workspace: () => refuse('a workspace'), executor: () => refuse('an executor') });
  if (result.kind !== 'config') return await refuse('a layer');
  on.emit({ type: 'step-finished', ...place });
  const time = timeOfConfig(at.config) ?? (at.layers.length > 0 ? now() : undefined);
  const row = { ...historyRow(step, time && clampTime(time, on.build.epoch)), empty_layer: true };
  return { ...at, config: step.history === undefined ? result.config : appendHistory(result.config, row) };
}

/** What making a step's layer came to. */
export interface Made extends Hit {
  /** The layer lies somewhere that lasts and is recorded. */
  readonly lasts: boolean;
  /** The state below, with its layers where they last; absent where another stage did the work. */
  readonly below?: StageState | undefined;
}

interface Making {
  readonly on: Build;
  readonly asked: AskedRecord;
}

async function make(handler: StepHandler, place: StepPlace, at: StageState, { on, asked }: Making): Promise<Made> {
  const { key } = asked;
  on.build.signal?.throwIfAborted();
  await using opened = new OpenWorkspace(at, on);
  const result = await handler.execute(place.step, { ...scopeOf(place, at, on), workspace: () => opened.get() });
  const lasts = result.kind === 'workspace';
  const layer = lasts ? await keepWorkspace(opened, key, on) : await composed(result, place, key, on);
  const record: CacheRecord = { ...asked, layer: layer.id, createdAt: now() };
  if (lasts) await recordAll(on, record);
  return { below: opened.state, layer, record, lasts };
}

/** Where the cache is not to be trusted, neither is what follows from the key. */
async function composed(result: StepResult, { stage }: StepPlace, key: CacheKey, on: Build): Promise<Layer> {
  if (result.kind !== 'layer')
    throw new VarveError('STEP_CONTRACT', 'A step with a fingerprint changed only the config, expected a layer or a workspace');
  const { draft } = result;
  const id = layerIdOf(key, on.isCached(stage) ? draft.index : undefined);
  return await on.hooks.layer.promise(
    composeLayer(id, draft.index, (file) => draft.content(file)),
    on.build,
  );
}

function extend(at: StageState, { step }: StepPlace, on: Build, { layer, record, lasts }: Made): StageState {
  on.work.used.add({ record, layer });
  const time = clampTime(record.createdAt, on.build.epoch);
  const below = at.layers.length === 0 ? fillTimes(at.config, time) : at.config;
  return makeState({
    key: stateKey(record),
    layers: [...at.layers, layer],
    platform: at.platform,
    baseLayers: at.baseLayers,
    config: appendHistory(below, historyRow(step, time)),
    unrecorded: lasts ? at.unrecorded : [...at.unrecorded, record],
  });
}
