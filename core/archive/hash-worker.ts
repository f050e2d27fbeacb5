import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { VarveError } from '../src/errors.ts';
import { hashRanges } from './hash-ranges.ts';
import type { HashAnswer, HashOrder } from './hash-thread.ts';
import { LayerReading } from './read-layer.ts';

interface Stream {
  push(piece: Uint8Array): void;
  end(): Omit<HashAnswer, 'id'>;
}

/** A `HashThread`. What cannot be hashed is left to whoever asked, who then hears why. */
const streams = new Map<number, Stream>();

function carryOut(order: HashOrder): HashAnswer | undefined {
  if (order.kind === 'ranges') return { id: order.id, hashes: tryRanges(order) };
  const { id } = order;
  if (order.kind === 'open') streams.set(id, order.isLayer === true ? layerOf(order) : hashOf(order));
  const stream = streams.get(id);
  try {
    if (order.kind === 'piece') {
      stream?.push(order.piece);
      return { id };
    }
    if (order.kind !== 'close') return undefined;
    streams.delete(id);
    return { id, ...stream?.end() };
  } catch (failure) {
    streams.delete(id);
    if (!VarveError.is(failure)) throw failure;
    const { code, message, hint } = failure;
    return { id, failure: { code, message, hint } };
  }
}

type Opening = HashOrder & { readonly kind: 'open' };

function hashOf({ algorithm }: Opening): Stream {
  const sum = createHash(algorithm);
  return { push: (piece) => sum.update(piece), end: () => ({ hashes: [sum.digest('hex')] }) };
}

function layerOf({ algorithm }: Opening): Stream {
  const reading = new LayerReading(algorithm);
  const end = (): Omit<HashAnswer, 'id'> => {
    const { index, ...layer } = reading.end();
    return { layer: { ...layer, parts: index.parts } };
  };
  return { push: (piece) => reading.push(piece), end };
}

function tryRanges({ ranges }: HashOrder & { readonly kind: 'ranges' }): readonly string[] | undefined {
  try {
    return hashRanges(ranges);
  } catch {
    return undefined;
  }
}

parentPort?.on('message', (order: HashOrder) => {
  const answer = carryOut(order);
  if (answer !== undefined) parentPort?.postMessage(answer);
});
