import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { hashRanges } from './hash-ranges.ts';
import type { HashAnswer, HashOrder } from './hash-thread.ts';

/** A `HashThread`. What cannot be hashed is left to whoever asked, who then hears why. */
const streams = new Map<number, { readonly shared: Uint8Array; readonly sum: Hash }>();

function carryOut(order: HashOrder): HashAnswer | undefined {
  if (order.kind === 'ranges') return { id: order.id, hashes: tryRanges(order) };
  const { id } = order;
  if (order.kind === 'open') streams.set(id, { shared: order.shared, sum: createHash(order.algorithm) });
  const stream = streams.get(id);
  if (order.kind === 'piece') {
    stream?.sum.update(stream.shared.subarray(order.start, order.start + order.length));
    return { id, hashes: undefined };
  }
  if (order.kind !== 'close') return undefined;
  streams.delete(id);
  return { id, hashes: stream && [stream.sum.digest('hex')] };
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
