import { appendHistory, type CacheKey, chainOf, composeLayer, type Layer } from '../image/index.ts';
import { arrivedState, isLost } from './arriving-layer.ts';
import type { Build } from './build.ts';
import { type AskedRecord, firstHit, type Hit, recordAll } from './cache.ts';
import { keyOf, layerIdOf, stateKey } from './cache-key.ts';
import { clampTime, fillTimes, now, timeOfConfig } from './clock.ts';
import type { StepPlace } from './contracts/event.ts';
import type { Step, TreeRef } from './contracts/plan.ts';
import type { Workspace } from './contracts/snapshotter.ts';
import type { StepHandler, StepInputs, StepResult, StepScope } from './contracts/step.ts';
import type { CacheRecord } from './contracts/store.ts';
import { VarveError } from './errors.ts';
import { keepUnpacked } from './keep-layers.ts';
import { stagesOf } from './plan-build.ts';
import { historyRow, makeState, type StageState } from './stage-state.ts';
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

/** Captures what a process changed. A `layer` tap that changed it makes the snapshot worthless: then only the layer is kept. */
async function keepWorkspace(opened: OpenWorkspace, key: CacheKey, on: Build): Promise<Layer> {
  const workspace = await opened.get();
  const snapshots = await on.snapshots();
  const { signal } = on.build;
  const draft = await snapshots.capture(workspace, await opened.state.tree({ signal }), { signal });
  const captured = composeLayer(layerIdOf(key), draft.index, (file) => draft.content(file));
  const layer = await on.hooks.layer.promise(captured, on.build);
  signal?.throwIfAborted();
  if (layer !== captured) return await on.layers.put(layer, { signal });
  const name = chainOf([...opened.state.layers.map((below) => below.id), layer.id]);
  // A stack with a layer in it always has a chain.
  return await snapshots.commit(workspace, layer, name as NonNullable<typeof name>, { signal });
}

/** Shows what a stage or image is. What was only composed of it lasts from then on. */
async function openView(state: StageState, on: Build): Promise<Workspace | undefined> {
  const { signal } = on.build;
  const snapshots = await on.snapshots();
  const chain = await snapshots.unpack(state.layers, { signal });
  if (chain === null) return undefined;
  await keepUnpacked(state, on);
  return await (snapshots.view?.(chain, { signal }) ?? snapshots.open(chain, { signal }));
}

/** The workspace of one step: made on the first call, thrown away unless it was committed. */
class OpenWorkspace implements AsyncDisposable {
  readonly #on: Build;
  #workspace: Promise<Workspace> | undefined;
  /** The state below, whose layers last once the workspace is open. */
  state: StageState;

  constructor(at: StageState, on: Build) {
    this.state = at;
    this.#on = on;
  }

  get(): Promise<Workspace> {
    if (this.#workspace === undefined) {
      this.#workspace = this.#open();
      this.#workspace.catch(() => undefined); // a handler may do something else before it waits
    }
    return this.#workspace;
  }

  async #open(): Promise<Workspace> {
    const { signal } = this.#on.build;
    const snapshots = await this.#on.snapshots();
    const chain = await snapshots.unpack(this.state.layers, { signal });
    this.state = await keepUnpacked(this.state, this.#on);
    return await snapshots.open(chain, { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workspace = await this.#workspace?.catch(() => undefined);
    await workspace?.[Symbol.asyncDispose]();
  }
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

const inputsOf = ({ step }: StepPlace, at: StageState, on: Build): StepInputs => ({
  build: on.build,
  signal: on.build.signal,
  config: at.config,
  tree: () => at.tree(on.build),
  async treeOf(ref) {
    refuseOtherStages(ref, step);
    return await on.trees.of(ref, at.platform);
  },
  warn: (warning) => on.warn(warning),
});

/** A stage that nobody waited for would start here, under the limit that this step holds a part of. */
function refuseOtherStages(ref: TreeRef, step: Step): void {
  if (ref.kind === 'stage' && !stagesOf(step).includes(ref.name))
    throw new VarveError('STEP_CONTRACT', `A "${step.kind}" step reads the stage "${ref.name}", which is not among its inputs`);
}

const scopeOf = (place: StepPlace, at: StageState, on: Build): Omit<StepScope, 'workspace'> => ({
  ...inputsOf(place, at, on),
  executor: () => on.executor(),
  async viewOf(ref) {
    refuseOtherStages(ref, place.step);
    const state = await on.trees.stateOf(ref, at.platform);
    return state && (await openView(state, on));
  },
  log: (stream, chunk) => on.emit({ type: 'step-output', ...place, stream, chunk }),
});
