import type { Writable } from 'node:stream';

/**
 * Writes what a source gives as fast as it is taken. A process may end before it has read everything, or close its input: that is its
 * affair. The source is told then that no more is wanted.
 *
 * @param options `end`: the stream ends with the source
 */
export async function feed(to: Writable, source: AsyncIterable<Uint8Array>, { end }: { readonly end: boolean }): Promise<void> {
  const closed = new Promise<'closed'>((done) => {
    to.on('error', () => undefined);
    to.on('close', () => done('closed'));
  });
  const chunks = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([closed, chunks.next()]);
      if (next === 'closed') return void chunks.return?.()?.catch(() => undefined);
      if (next.done === true) break;
      if (!to.write(next.value)) await Promise.race([closed, new Promise((done) => to.once('drain', done))]);
    }
    if (end) to.end();
  } catch {
    if (end) to.destroy(); // the source failed: whoever made it knows; the process sees the end of its input
  }
}
