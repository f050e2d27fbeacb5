import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { createRegistryClient, type RegistryClient } from '../src/index.ts';
import { NO_FILES } from './hub-bench.ts';
import { type Interfere, startLoopback } from './loopback-registry.ts';

const NOTE = Buffer.from('hello');
/** As a program has it that knows nothing of our types. */
const blob = { mediaType: 'text/plain', digest: `sha256:${createHash('sha256').update(NOTE).digest('hex')}`, size: NOTE.length };
const empty = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: 'application/vnd.oci.image.manifest.v1+json' };

async function* note(from: number): AsyncGenerator<Uint8Array, void, undefined> {
  yield NOTE.subarray(from);
}
async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

type Call = (client: RegistryClient, name: string, options: { readonly signal: AbortSignal }) => Promise<unknown>;
const CALLS: Readonly<Record<string, Call>> = {
  ping: (client, name, options) => client.ping(name.split('/')[0] ?? '', options),
  resolve: (client, name, options) => client.resolve(`${name}:1`, options),
  fetchManifest: (client, name, options) => client.fetchManifest(`${name}:1`, options),
  fetchBlob: (client, name, options) => drain(client.fetchBlob(name, blob, options)),
  pushBlob: (client, name, options) => client.pushBlob(name, blob, note, options),
  pushManifest: (client, name, options) => client.pushManifest(`${name}:1`, empty, options),
  mount: (client, name, options) => client.mount(`${name}/copy`, blob.digest, name, options),
  tags: (client, name, options) => drain(client.tags(name, options)),
  referrers: (client, name, options) => drain(client.referrers(name, { digest: blob.digest, ...options })),
  delete: (client, name, options) => client.delete(`${name}:1`, options),
  deleteBlob: (client, name, options) => client.deleteBlob(name, blob.digest, options),
  catalog: (client, name, options) => drain(client.catalog(name.split('/')[0] ?? '', options)),
};
/** Those that read a body to its end. */
const READING = ['fetchManifest', 'fetchBlob', 'tags', 'referrers', 'catalog'];

/** Cancelled as soon as the registry has done its part. */
const cancelled = test.macro({
  async exec(t, name: string, act: (response: ServerResponse) => unknown) {
    t.timeout(30_000);
    const reached = new EventTarget();
    const stop = once(reached, 'act');
    const interfere: Interfere = ({ url }, response) => {
      if (url === '/v2/' && name !== 'ping') return false; // whether it speaks TLS
      act(response);
      reached.dispatchEvent(new Event('act'));
      return true;
    };
    const abort = new AbortController();
    const reason = new Error('enough');
    void stop.then(() => setTimeout(() => abort.abort(reason), 20));
    t.true(await isReason(t, name, { interfere, signal: abort.signal, reason }));
  },
  title: (what, name) => `${name} is cancelled while ${what}`,
});

async function isReason(
  t: ExecutionContext,
  name: string,
  { interfere, signal, reason }: { readonly interfere: Interfere; readonly signal: AbortSignal; readonly reason: Error },
): Promise<boolean> {
  const registry = await startLoopback(t, interfere);
  await using client = createRegistryClient({ ...NO_FILES, env: {} });
  const failure = await t.throwsAsync(CALLS[name]?.(client, `${registry.host}/a/b`, { signal }) ?? Promise.resolve(), undefined, name);
  return failure === reason || failure?.cause === reason;
}

for (const name of Object.keys(CALLS)) {
  test('no answer comes', cancelled, name, () => undefined);
  test('it waits to ask again', cancelled, name, (response) => response.writeHead(503, { 'retry-after': '50' }).end());
  test(`${name} asks nobody when it was cancelled before`, async (t) => {
    const reason = new Error('enough');
    const asked: unknown[] = [];
    const interfere: Interfere = ({ url }) => asked.push(url) < 0;
    t.true(await isReason(t, name, { interfere, signal: AbortSignal.abort(reason), reason }));
    t.deepEqual(asked, []);
  });
}
for (const name of READING)
  test('the rest of the answer does not come', cancelled, name, (response) => response.writeHead(200, { 'content-length': 5 }).write('{'));

test('a digest that is none is refused before anybody is asked', async (t) => {
  await using client = createRegistryClient({ ...NO_FILES, env: {} });
  await t.throwsAsync(drain(client.fetchBlob('a.test/x', { digest: 'sha256:no', size: 1 })), { code: 'DIGEST_INVALID' });
  await t.throwsAsync(client.mount('a.test/x', 'no', 'a.test/y'), { code: 'DIGEST_INVALID' });
});
