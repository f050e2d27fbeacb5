import { IMAGES, type Invocation, LAYERS, VarveError } from '@varve/core';
import { listOf, textOf, usageError } from '@varve/core/command';
import {
  appendHistory,
  applyChanges,
  asCacheKey,
  asLayerID,
  type ContainerConfig,
  composeLayer,
  digestOf,
  formatReference,
  inheritConfig,
  type Layer,
  makeImage,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import { type ContainerChanges, findChanges } from '../changes/container-changes.ts';
import { ask } from '../client/supervisors.ts';
import { argsOf } from '../create/config-of.ts';
import type { Engine } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';
import { randomId } from '../state/names.ts';

/** An image of what a container has changed, on the layers of its own image. */
export async function commit(engine: Engine, { values, positionals, stdout, signal }: Invocation): Promise<number> {
  const [text, name, ...others] = positionals;
  if (text === undefined || others.length > 0)
    throw usageError('Expected a container and perhaps a name', 'varve commit [options] <container> [<name>[:<tag>]]');
  const record = findContainer(engine.store.containers, text);
  const config = applyChanges(imageConfig(record), listOf(values, 'change'));
  const names = name === undefined ? [] : [newName(name)];
  const { changes, layer } = await whilePaused(engine, record, values.pause !== false && values['no-pause'] !== true, async () => {
    const found = await findChanges(engine, record, { signal });
    return { changes: found, layer: await storeLayer(engine, found, signal) };
  });
  const { image } = changes;
  const author = textOf(values, 'author') || undefined;
  const created = new Date().toISOString();
  const inherited = inheritConfig(image.config, image.layers.length);
  const history = appendHistory(inherited, {
    created,
    created_by: argsOf(record.spec.config).join(' '),
    ...(author !== undefined && { author }),
    ...(textOf(values, 'message') && { comment: textOf(values, 'message') ?? '' }),
    ...(layer === undefined && { empty_layer: true }),
  }).history;
  const committed = makeImage({
    config: { ...inherited, created, ...(author !== undefined && { author }), config, history },
    layers: [...image.layers, ...(layer === undefined ? [] : [layer])],
  });
  const { id } = await engine.host.get(IMAGES).put(committed, { names, signal });
  stdout.write(`${id}\n`);
  return 0;
}

/** A container's own: what belongs to the machine it ran on is not an image's. */
const imageConfig = ({ spec }: ContainerRecord): ContainerConfig => spec.config;

function newName(text: string): string {
  const reference = parseReference(text);
  if (reference.transport === 'docker' && reference.digest === undefined) return formatReference(withDefaultTag(reference));
  throw new VarveError('REFERENCE_INVALID', `Expected a name like acme/base:1.0, found ${JSON.stringify(text)}`);
}

/** `undefined`: nothing changed. */
async function storeLayer({ host }: Engine, { index, content }: ContainerChanges, signal: AbortSignal): Promise<Layer | undefined> {
  if (index.length === 0) return undefined;
  const id = asLayerID(asCacheKey(digestOf(`commit ${randomId()}`)));
  return await host.get(LAYERS).put(composeLayer(id, index, content), { signal });
}

/** A process that writes meanwhile would give files that never were together. */
async function whilePaused<T>({ store }: Engine, record: ContainerRecord, isWanted: boolean, work: () => Promise<T>): Promise<T> {
  if (!isWanted || record.state.status !== 'running') return await work();
  try {
    await ask(store, record, { op: 'pause' });
  } catch (failure) {
    if (VarveError.is(failure) && failure.code === 'EXECUTOR_UNSUPPORTED')
      throw new VarveError('CONTAINER_PAUSE', `The container cannot be paused here: ${failure.message}`, {
        cause: failure,
        hint: 'Commit it with --pause=false, or stop it first.',
      });
    throw failure;
  }
  try {
    return await work();
  } finally {
    await ask(store, record, { op: 'resume' });
  }
}
