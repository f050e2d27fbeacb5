import type { Emit, StorageDriver } from '@varve/core';
import { type Abortable, asLayerID, asSnapshotKey, type ChainID, chainsOf, digestOf, type Layer, mergeLayers } from '@varve/core/image';
import { uniqueName } from '@varve/core/system';
import { gatherSmall, type Unpacked } from './gather-small.ts';

interface Unpacking extends Abortable {
  readonly driver: StorageDriver;
  readonly emit: Emit;
}
/** What this process is unpacking, so that builds which want the same wait for each other. Between processes the first commit wins. */
const running = new WeakMap<StorageDriver, Map<ChainID, Promise<void>>>();

/** Brings the layers of a stack that a driver does not have yet onto it, bottom first. */
export async function unpackLayers(layers: readonly Layer[], unpacking: Unpacking): Promise<ChainID | null> {
  const stack = stackOf(layers);
  let present = stack.length;
  while (present > 0 && !(await isCommitted(stack[present - 1], unpacking))) present--;
  for (const one of await gatherSmall(stack.slice(present), unpacking)) await unpackOnce(one, unpacking);
  return stack.at(-1)?.chain ?? null;
}

function stackOf(layers: readonly Layer[]): readonly Unpacked[] {
  const chains = chainsOf(layers.map(({ id }) => id));
  return chains.map((chain, i) => ({ chain, parent: chains[i - 1] ?? null, layers: layers.slice(i, i + 1) }));
}

async function isCommitted(one: Unpacked | undefined, { driver }: Unpacking): Promise<boolean> {
  return one !== undefined && (await driver.stat(one.chain))?.kind === 'committed';
}

/** Whoever waited looks again: the other build may have been aborted. */
async function unpackOnce(one: Unpacked, unpacking: Unpacking): Promise<void> {
  const { driver, signal } = unpacking;
  const ofDriver = running.get(driver) ?? new Map<ChainID, Promise<void>>();
  running.set(driver, ofDriver);
  for (let other = ofDriver.get(one.chain); other !== undefined; other = ofDriver.get(one.chain)) await settled(other, signal);
  signal?.throwIfAborted();
  const work = unpack(one, unpacking).finally(() => ofDriver.delete(one.chain));
  ofDriver.set(one.chain, work);
  await work;
}

async function unpack(one: Unpacked, unpacking: Unpacking): Promise<void> {
  if (await isCommitted(one, unpacking)) return;
  const { driver, emit, signal } = unpacking;
  const { layers, chain, parent } = one;
  const layer = layers.length === 1 && layers[0] !== undefined ? layers[0] : mergeLayers(asLayerID(digestOf(chain)), layers);
  const [index, content] = [await layer.index({ signal }), await layer.contents({ signal })];
  const key = asSnapshotKey(`unpack-${uniqueName()}`);
  await driver.prepare(key, parent, { signal });
  try {
    await driver.apply(key, index, content, { signal });
    signal?.throwIfAborted();
    await driver.commit(key, chain);
  } catch (failure) {
    await driver.remove(key);
    throw failure;
  }
  for (const { id } of layers) emit({ type: 'layer-unpacked', layer: id, driver: driver.name });
}

/** Waits for another build's work, however it ends, but no longer than one's own build goes on. */
async function settled(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const stop = () => aborted.resolve();
  signal?.addEventListener('abort', stop, { once: true });
  await Promise.race([work.catch(() => {}), aborted.promise]);
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
}
