import { parentPort, workerData } from 'node:worker_threads';
import type { ExtractOrder } from './extract-thread.ts';
import { filesOf } from './file-batch.ts';
import { FileWriter } from './file-writer.ts';
import { HostAttributes } from './host-attributes.ts';

/** An `ExtractThread`. What cannot be written is left to whoever asked, who then hears why. */
const done = workerData as Int32Array;
const writers = new Map<number, FileWriter>();

function carryOut(order: ExtractOrder): void {
  if (order.kind === 'write') parentPort?.postMessage(tryBatch(order));
  else {
    writers.get(order.layer)?.[Symbol.dispose]();
    writers.delete(order.layer);
  }
}

function tryBatch({ layer, owners, own, batch }: ExtractOrder & { readonly kind: 'write' }): boolean {
  try {
    const writer = writers.get(layer) ?? new FileWriter(new HostAttributes({ owners, own }));
    writers.set(layer, writer);
    writer.createAll([...filesOf(batch)]);
    return true;
  } catch {
    return false;
  } finally {
    Atomics.add(done, 0, 1);
  }
}

parentPort?.on('message', carryOut);
