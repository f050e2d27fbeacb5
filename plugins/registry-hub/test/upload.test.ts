import { randomFillSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, makeIndex, parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { makeRequester } from '../src/client/make-requester.ts';
import { readOptions } from '../src/options.ts';
import { SessionMemory } from '../src/push/session-memory.ts';
import { type Upload, uploadBlob } from '../src/push/upload-blob.ts';
import { NO_FILES, openHub, PLATFORM, sampleImage, sampleLayer } from './hub-bench.ts';
import { startWriting, type Wishes } from './writing-registry.ts';

const LARGE = randomFillSync(Buffer.alloc(17 << 20));
const SMALL = randomFillSync(Buffer.alloc(300_000));

/** Remembers in memory, as a store does on disk. */
function memory() {
  const facts = new Map<string, string>();
  return { recall: async (name: string) => facts.get(name), remember: async (name: string, value: string) => void facts.set(name, value) };
}

async function bench(t: ExecutionContext, wishes: Wishes, bytes: Buffer, extra: Partial<Upload> = {}) {
  const registry = await startWriting(t, wishes);
  const { requester, http } = makeRequester(readOptions({ ...NO_FILES, retries: 3, retryWait: 1 }), {
    env: {},
    find: async () => ({ kind: 'password', username: 'ali', password: 'open sesame' }),
  });
  t.teardown(() => http[Symbol.asyncDispose]());
  const digest = digestOf(bytes);
  const asked: number[] = [];
  async function* read(from: number): AsyncGenerator<Uint8Array, void, undefined> {
    asked.push(from);
    for (let at = from; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  }
  const upload = (more: Partial<Upload> = {}) =>
    uploadBlob(requester, { host: registry.host, path: 'acme/app' }, { digest, size: bytes.length, read, ...extra, ...more });
  return { registry, upload, asked, digest, lines: () => registry.requests.map(({ line }) => line.replace(/\?.*/, '')) };
}

test('a small blob goes with one POST and one PUT', async (t) => {
  const { registry, upload, lines, digest } = await bench(t, {}, SMALL);
  t.deepEqual(await upload(), { kind: 'sent' });
  t.deepEqual(
    lines().filter((line) => line !== 'GET /v2/'),
    [`HEAD /v2/acme/app/blobs/${digest}`, 'POST /v2/acme/app/blobs/uploads/', 'PUT /v2/acme/app/blobs/uploads/1'],
  );
  t.deepEqual(registry.blobs.get(`acme/app@${digest}`), SMALL);
});

test('what is there is not sent', async (t) => {
  const { upload, asked } = await bench(t, {}, SMALL);
  await upload();
  t.deepEqual(await upload(), { kind: 'there' });
  t.is(asked.length, 1);
});

test('what another repository has is mounted, not sent', async (t) => {
  const { registry, upload, asked, digest } = await bench(t, { mounts: true }, SMALL);
  registry.blobs.set(`acme/base@${digest}`, SMALL);
  const base = { host: registry.host, path: 'acme/base' };
  t.deepEqual(await upload({ sources: [{ host: 'other.test', path: 'acme/base' }, base] }), { kind: 'mounted', from: base });
  t.deepEqual(asked, []);
});

test('where the mount is refused, the upload that was opened instead is used', async (t) => {
  const { registry, upload, lines } = await bench(t, { mounts: false }, SMALL);
  t.deepEqual(await upload({ sources: [{ host: registry.host, path: 'acme/base' }] }), { kind: 'sent' });
  t.is(lines().filter((line) => line.startsWith('POST')).length, 1);
});

test('a large upload that breaks goes on with what the registry lacks', async (t) => {
  let isFirst = true;
  const breaks: Wishes['breaks'] = ({ method }) => {
    if (method !== 'PATCH' || !isFirst) return undefined;
    isFirst = false;
    return 9_000_000;
  };
  const { registry, upload, asked, digest } = await bench(t, { breaks }, LARGE);
  t.deepEqual(await upload({ sessions: new SessionMemory(memory()) }), { kind: 'sent' });
  t.deepEqual(asked, [0, 9_000_000]);
  t.deepEqual(registry.blobs.get(`acme/app@${digest}`)?.equals(LARGE), true);
});

test('another process goes on with a large upload', async (t) => {
  const facts = memory();
  let isFirst = true;
  const breaks: Wishes['breaks'] = ({ method }) => (method === 'PATCH' && isFirst ? 5_000_000 : undefined);
  const { registry, upload, asked } = await bench(t, { breaks }, LARGE);
  const hasArrived = () => registry.requests.some(({ line, received }) => line.startsWith('PATCH') && received > 0);
  const abort = new AbortController();
  const read = (from: number) => {
    asked.push(from);
    return (async function* () {
      for (let at = from; at < LARGE.length; at += 500_000) {
        if (isFirst && at > 4_000_000) {
          while (!hasArrived()) await sleep(5); // what was under way when a process was killed may be lost
          throw new Error('killed');
        }
        yield LARGE.subarray(at, at + 500_000);
      }
    })();
  };
  await t.throwsAsync(upload({ read, sessions: new SessionMemory(facts), signal: abort.signal }));
  isFirst = false;
  while (!registry.requests.some(({ isBroken }) => isBroken)) await sleep(5); // it hears of that when it hears of it
  t.deepEqual(await upload({ read, sessions: new SessionMemory(facts) }), { kind: 'sent' });
  t.true((asked.at(-1) ?? 0) > 0, `went on at ${asked.at(-1)}`);
});

test('a registry that forgot the upload gets everything again', async (t) => {
  const facts = memory();
  const { registry, upload, asked } = await bench(t, {}, LARGE);
  await facts.remember(
    `upload http://${registry.host}/acme/app ${digestOf(LARGE)}`,
    `http://${registry.host}/v2/acme/app/blobs/uploads/99`,
  );
  t.deepEqual(await upload({ sessions: new SessionMemory(facts) }), { kind: 'sent' });
  t.deepEqual(asked, [0]);
});

test('a registry that takes no pieces gets the blob in one', async (t) => {
  const { upload, lines } = await bench(t, { noPieces: true }, LARGE);
  t.deepEqual(await upload(), { kind: 'sent' });
  t.is(lines().filter((line) => line.startsWith('PUT')).length, 1);
});

test('pieces are as long as wanted, and no shorter than the registry wants', async (t) => {
  const { registry, upload } = await bench(t, { minLength: 120_000 }, SMALL, { chunkSize: 50_000 });
  t.deepEqual(await upload(), { kind: 'sent' });
  t.deepEqual(
    registry.requests.filter(({ line }) => line.startsWith('PATCH')).map(({ received }) => received),
    [120_000, 120_000, 60_000],
  );
});

test('an upload that is stopped is taken back', async (t) => {
  const abort = new AbortController();
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    yield SMALL.subarray(0, 1000);
    abort.abort(new Error('enough'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    yield SMALL.subarray(1000);
  }
  const { registry, upload, lines } = await bench(t, {}, SMALL);
  const failure = await t.throwsAsync(upload({ read, signal: abort.signal }));
  t.true(failure?.message === 'enough' || (failure?.cause as Error | undefined)?.message === 'enough');
  t.true(lines().some((line) => line.startsWith('DELETE')));
  t.is(registry.uploads.size, 0);
});

test('no credentials go to an upload’s address on another host or port', async (t) => {
  const storage = await startWriting(t);
  const { registry, upload } = await bench(
    t,
    {
      answers: ({ method, headers }, response) => {
        if (headers.authorization === undefined) return Boolean(response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
        return (
          method === 'POST' &&
          Boolean(response.writeHead(202, { location: `http://${storage.host}/v2/acme/app/blobs/uploads/7?state=a%2Bb` }).end())
        );
      },
    },
    SMALL,
  );
  storage.uploads.set('7', Buffer.alloc(0));
  t.deepEqual(await upload(), { kind: 'sent' });
  t.deepEqual(
    storage.requests.map(({ line, authorization }) => [line.split(' ')[0], authorization]),
    [['PUT', undefined]],
  );
  t.true(registry.requests.some(({ authorization }) => authorization?.startsWith('Basic ')));
});

test('an upload that is redirected is sent there, again from its beginning', async (t) => {
  const storage = await startWriting(t);
  storage.uploads.set('1', Buffer.alloc(0));
  const answers: Wishes['answers'] = ({ method, url }, response) =>
    method === 'PUT' && Boolean(response.writeHead(307, { location: `http://${storage.host}${url}` }).end());
  const { upload, digest } = await bench(t, { answers }, SMALL);
  t.deepEqual(await upload(), { kind: 'sent' });
  t.deepEqual(storage.blobs.get(`acme/app@${digest}`), SMALL);
});

test('an image on a base of the same registry mounts the base without fetching it', async (t) => {
  const registry = await startWriting(t, { mounts: true });
  const first = openHub(t, temporaryDir(t)).transport;
  await first.push(sampleImage(), parseReference(`${registry.host}/acme/base:1`), {});
  registry.requests.length = 0;
  const { transport } = openHub(t, temporaryDir(t));
  const image = await transport.resolve(parseReference(`${registry.host}/acme/base:1`), { platform: PLATFORM });
  const statuses: string[] = [];
  await transport.push(image, parseReference(`${registry.host}/acme/app:1`), {
    emit: (event) => void (event.type === 'transfer' && statuses.push(event.status)),
  });
  t.deepEqual([...new Set(statuses)], ['Preparing', 'Mounted from acme/base']);
  const layers = new Set(image.layers.map(({ stored }) => stored?.digest));
  t.deepEqual(
    registry.requests.map(({ line }) => line).filter((line) => line.startsWith('GET') && layers.has(line.split('/').at(-1) as never)),
    [],
  );
});

test('where the registry does not agree, the base goes from it to it, and not into the store', async (t) => {
  const registry = await startWriting(t, { mounts: false });
  await openHub(t, temporaryDir(t)).transport.push(sampleImage(), parseReference(`${registry.host}/acme/base:1`), {});
  const { transport, store } = openHub(t, temporaryDir(t));
  const image = await transport.resolve(parseReference(`${registry.host}/acme/base:1`), { platform: PLATFORM });
  const { digest } = await transport.push(image, parseReference(`${registry.host}/acme/app:1`), {});
  t.is(digest, (await image.descriptor()).digest);
  for (const { stored } of image.layers) t.is(await store.content.size(stored?.digest ?? t.fail()), undefined);
});

test('a registry that finds a piece out of place is asked where it is, and gets the rest', async (t) => {
  let isFirst = true;
  const { registry, upload, lines } = await bench(
    t,
    {
      answers: ({ method }, response) => {
        if (method !== 'PATCH' || !isFirst) return false;
        isFirst = false;
        return Boolean(response.writeHead(416, { range: '0-0' }).end());
      },
    },
    SMALL,
    { chunkSize: 100_000 },
  );
  t.deepEqual(await upload({ sessions: new SessionMemory(memory()) }), { kind: 'sent' });
  t.true(lines().includes('GET /v2/acme/app/blobs/uploads/1'));
  t.is(registry.requests.filter(({ line }) => line.startsWith('POST')).length, 1);
});

test('every body that is sent has a length', async (t) => {
  const heads: IncomingMessage['headers'][] = [];
  const answers: Wishes['answers'] = ({ method, headers }) => {
    if (method !== 'GET' && method !== 'HEAD') heads.push(headers);
    return false;
  };
  for (const extra of [{}, { chunkSize: 100_000 }]) await (await bench(t, { answers }, SMALL, extra)).upload();
  t.true(heads.length > 5);
  for (const { 'content-length': length, 'transfer-encoding': encoding } of heads) t.true(length !== undefined && encoding === undefined);
});

test('a registry that says it stored another blob is not believed', async (t) => {
  const answers: Wishes['answers'] = ({ method }, response) =>
    method === 'PUT' && Boolean(response.writeHead(201, { 'docker-content-digest': digestOf('other') }).end());
  const { upload } = await bench(t, { answers }, SMALL);
  await t.throwsAsync(upload(), { code: 'BLOB_MISMATCH' });
});

test('what a manifest names is there before it, and what an index names before that; the tag comes last', async (t) => {
  const registry = await startWriting(t);
  const { transport } = openHub(t, temporaryDir(t));
  const index = makeIndex(
    ['amd64', 'arm64'].map((architecture) => ({
      platform: { os: 'linux', architecture },
      image: sampleImage([sampleLayer(architecture)]),
    })),
  );
  await transport.pushIndex(index, parseReference(`${registry.host}/acme/app:1`), {});
  const puts = registry.requests.map(({ line }) => line).filter((line) => line.startsWith('PUT'));
  const kinds = puts.map((line) => (line.includes('/uploads/') ? 'blob' : line.includes('/manifests/sha256:') ? 'manifest' : 'tag'));
  t.deepEqual(kinds, ['blob', 'blob', 'manifest', 'blob', 'blob', 'manifest', 'tag']);
});

test('so many layers go at once as wanted, and no more', async (t) => {
  let [now, most] = [0, 0];
  const registry = await startWriting(t, {
    answers: ({ method, url }, response) => {
      if (method !== 'PUT' || !url?.includes('/uploads/')) return false;
      most = Math.max(most, ++now);
      response.on('close', () => now--);
      return false;
    },
  });
  const { transport } = openHub(t, temporaryDir(t), { uploads: 2 });
  await transport.push(
    sampleImage(['a', 'b', 'c', 'd', 'e'].map((name) => sampleLayer(name, 200_000))),
    parseReference(`${registry.host}/acme/app:1`),
    {},
  );
  t.true(most >= 1 && most <= 2, String(most));
});
