import type { ClientRequest } from 'node:http';
import { releaseChunk } from '@varve/core/archive';

/**
 * Sends a body: one chunk is read while the one before is on its way, and no more than these two are in memory. A chunk that may be given up is.
 * What the source throws ends the request with that; a connection that ends, ends the reading.
 */
export async function sendBody(content: AsyncIterable<Uint8Array>, outgoing: ClientRequest): Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of content) {
      await writing;
      writing = write(outgoing, chunk);
      writing.catch(() => undefined); // whoever waits for it next hears of it
    }
    await writing;
    outgoing.end();
  } catch (failure) {
    outgoing.destroy(failure as Error);
    throw failure;
  }
}

/** Done when the system has the bytes. */
async function write(outgoing: ClientRequest, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const closed = (): void => reject(outgoing.errored ?? new Error('The connection has ended'));
    if (outgoing.destroyed) return closed();
    outgoing.once('close', closed);
    outgoing.write(chunk, (failure) => {
      outgoing.off('close', closed);
      if (failure) reject(failure);
      else resolve();
    });
  });
  releaseChunk(chunk);
}
