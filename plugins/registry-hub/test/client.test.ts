import { setTimeout as sleep } from 'node:timers/promises';
import { descriptorOf, digestOf, MEDIA_TYPES } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { createRegistryClient, type RegistryClientOptions } from '../src/index.ts';
import { isRegistryMissing, registryFor, startRegistry, USER } from './docker-registry.ts';
import { NO_FILES } from './hub-bench.ts';
import { startLoopback } from './loopback-registry.ts';
import { startWriting } from './writing-registry.ts';

const claim = isRegistryMissing() ? test.skip : test.serial;
const registry = isRegistryMissing() ? () => ({ host: '127.0.0.1:1' }) : registryFor(test);

function open(t: ExecutionContext, options: RegistryClientOptions = {}) {
  const client = createRegistryClient({ ...NO_FILES, retries: 1, retryWait: 1, env: {}, ...options });
  t.teardown(() => client[Symbol.asyncDispose]());
  return client;
}
async function* from(bytes: Buffer, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes.subarray(offset);
}
async function all<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}
const NOTE = Buffer.from('hello');
const EMPTY = Buffer.from('{}');
const manifestOf = (more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config: descriptorOf('application/vnd.oci.empty.v1+json', EMPTY),
      layers: [descriptorOf('text/plain', NOTE)],
      ...more,
    }),
  );

/** Brings a note there. */
async function push(client: ReturnType<typeof open>, name: string, more: object = {}) {
  for (const bytes of [NOTE, EMPTY]) await client.pushBlob(name, descriptorOf('', bytes), (offset) => from(bytes, offset));
  return await client.pushManifest(name, { bytes: manifestOf(more), mediaType: MEDIA_TYPES.manifest });
}

claim('what is pushed to docker-registry is resolved, fetched, listed and mounted', async (t) => {
  const client = open(t);
  const name = `${registry().host}/lib/notes`;
  const pushed = await push(client, `${name}:1`);
  await push(client, `${name}:2`);
  t.deepEqual(await client.resolve(`${name}:1`), pushed);
  t.deepEqual(Buffer.from((await client.fetchManifest(`${name}@${pushed.digest}`)).bytes), manifestOf());
  t.deepEqual(Buffer.concat(await all(client.fetchBlob(name, descriptorOf('', NOTE)))), NOTE);
  t.deepEqual(Buffer.concat(await all(client.fetchBlob(name, descriptorOf('', NOTE), { offset: 3 }))), NOTE.subarray(3));
  t.deepEqual([...(await all(client.tags(name)))].sort(), ['1', '2']);
  t.true(await client.mount(`${registry().host}/lib/other`, digestOf(NOTE), name));
  t.false(await client.mount(`${registry().host}/lib/other`, digestOf('nothing'), name));
  t.true((await all(client.catalog(registry().host))).includes('lib/notes'));
  t.true(await client.ping(registry().host));
});

claim('what belongs to a manifest is listed under a tag where the registry lists nothing, each once', async (t) => {
  const client = open(t);
  const name = `${registry().host}/lib/signed`;
  const subject = await push(client, `${name}:1`);
  const more = { subject, artifactType: 'application/x-signature', annotations: { by: 'ali' } };
  const [one] = [await push(client, name, more), await push(client, name, more)];
  const two = await push(client, name, { subject, artifactType: 'application/x-sbom' });
  const found = await all(client.referrers(name, { digest: subject.digest }));
  t.deepEqual(
    found.map(({ digest, artifactType }) => [digest, artifactType]),
    [
      [one?.digest, 'application/x-signature'],
      [two.digest, 'application/x-sbom'],
    ],
  );
  t.deepEqual(found[0]?.annotations, { by: 'ali' });
  const [only, ...others] = await all(client.referrers(name, { digest: subject.digest, artifactType: 'application/x-sbom' }));
  t.deepEqual([only?.digest, others.length], [two.digest, 0]);
  t.deepEqual(await all(client.referrers(name, { digest: digestOf('nobody') })), []);
});

claim('a registry that allows no deletion says so, with what to do', async (t) => {
  const client = open(t);
  const name = `${registry().host}/lib/kept`;
  const { digest } = await push(client, `${name}:1`);
  const failure = await t.throwsAsync<Error & { hint?: string }>(client.delete(`${name}@${digest}`), { code: 'REGISTRY_REFUSED' });
  t.regex(failure?.hint ?? '', /delete/);
});

claim('a private registry lets in whom it knows', async (t) => {
  await using other = await startRegistry(temporaryDir(t), { isPrivate: true });
  t.false(await open(t).ping(other.host));
  const known = open(t, { credentials: async () => ({ kind: 'password', ...USER }) });
  t.true(await known.ping(other.host));
  t.truthy(await push(known, `${other.host}/lib/notes:1`));
});

test('two who add to the same list at once lose nothing', async (t) => {
  const other = await startWriting(t, { etags: true });
  const name = `${other.host}/lib/signed`;
  const client = open(t);
  const subject = await push(client, `${name}:1`);
  const types = ['a', 'b', 'c', 'd'].map((letter) => `application/x-${letter}`);
  await Promise.all(types.map((artifactType) => push(client, name, { subject, artifactType })));
  const found = await all(client.referrers(name, { digest: subject.digest }));
  t.deepEqual(found.map(({ artifactType }) => artifactType).sort(), types);
});

test('a registry that lists referrers itself needs no tag for them', async (t) => {
  const other = await startWriting(t, { referrers: true });
  const name = `${other.host}/lib/signed`;
  const client = open(t);
  const subject = await push(client, `${name}:1`);
  await push(client, name, { subject });
  t.false([...other.manifests.keys()].some((key) => key.includes(':sha256-')));
});

test('a tag is deleted where that is offered', async (t) => {
  const other = await startWriting(t);
  const client = open(t);
  await push(client, `${other.host}/lib/gone:1`);
  await client.delete(`${other.host}/lib/gone:1`);
  await t.throwsAsync(client.delete(`${other.host}/lib/gone:1`), { code: 'IMAGE_UNKNOWN' });
});

test('pages of referrers are followed on their own host only, and never in a circle', async (t) => {
  const subject = digestOf('subject');
  const page = (names: readonly string[]) =>
    JSON.stringify({ manifests: names.map((name) => ({ ...descriptorOf(MEDIA_TYPES.manifest, Buffer.from(name)), artifactType: name })) });
  const other = await startLoopback(t, ({ url }, response) => {
    if (!url?.includes('/referrers/')) return false;
    if (url.includes('last=3')) response.writeHead(200, { link: '<http://elsewhere.test/next>; rel="next"' }).end(page(['c']));
    else if (url.includes('last=2')) response.writeHead(200, { link: `<${url}&last=3>; rel="next"` }).end(page(['b']));
    else response.writeHead(200, { link: `<${url}?last=2>; rel="next"` }).end(page(['a']));
    return true;
  });
  const found = await all(open(t).referrers(`${other.host}/lib/x`, { digest: subject }));
  t.deepEqual(
    found.map(({ artifactType }) => artifactType),
    ['a', 'b', 'c'],
  );
  const circle = await startLoopback(
    t,
    ({ url }, response) =>
      url?.includes('/referrers/') === true && Boolean(response.writeHead(200, { link: `<${url}>; rel="next"` }).end(page(['a']))),
  );
  t.is((await all(open(t).referrers(`${circle.host}/lib/x`, { digest: subject }))).length, 1);
});

test('behind its end a blob has nothing, and nobody is asked', async (t) => {
  const other = await startLoopback(t);
  t.deepEqual(await all(open(t).fetchBlob(`${other.host}/lib/x`, descriptorOf('', NOTE), { offset: NOTE.length })), []);
  t.deepEqual(other.requests, []);
});

test('a blob with other bytes is told at its end', async (t) => {
  const other = await startLoopback(t);
  other.blobs.set(digestOf(NOTE), Buffer.from('HELLO'));
  await t.throwsAsync(all(open(t).fetchBlob(`${other.host}/lib/x`, descriptorOf('', NOTE))), { code: 'BLOB_MISMATCH' });
});

test('a call that is cancelled rejects with its reason', async (t) => {
  const other = await startLoopback(t, ({ url }) => url !== '/v2/');
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('enough')), 30);
  const failure = await t.throwsAsync(open(t).resolve(`${other.host}/lib/x:1`, { signal: abort.signal }));
  t.true(failure?.message === 'enough' || (failure?.cause as Error | undefined)?.message === 'enough');
});

test('a digest of an unknown algorithm is refused by its name', async (t) => {
  await t.throwsAsync(open(t).resolve('a.test/x@md5:abc'), { code: 'DIGEST_INVALID', message: /md5/ });
});

test('a blob is deleted where that is offered, and what is not there is told', async (t) => {
  const asked: string[] = [];
  const answer = async (status: number): Promise<string> => {
    const { host } = await startLoopback(t, ({ method, url }, response) => {
      if (method !== 'DELETE') return false;
      asked.push(`${url}`);
      return Boolean(response.writeHead(status).end());
    });
    return host;
  };
  await open(t).deleteBlob(`${await answer(202)}/lib/x`, digestOf(NOTE));
  t.deepEqual(asked, [`/v2/lib/x/blobs/${digestOf(NOTE)}`]);
  await t.throwsAsync(open(t).deleteBlob(`${await answer(404)}/lib/x`, digestOf(NOTE)), { code: 'BLOB_UNKNOWN' });
  await t.throwsAsync(open(t).deleteBlob(`${await answer(405)}/lib/x`, digestOf(NOTE)), { code: 'REGISTRY_REFUSED' });
});

test('tags come page by page, in whatever form the registry names the next one, on its own host only', async (t) => {
  const other = await startLoopback(t, ({ url, headers }, response) => {
    if (!url?.includes('/tags/list')) return false;
    const last = /last=(\w)/.exec(url)?.[1] ?? '';
    const next: Readonly<Record<string, string>> = {
      '': '</v2/lib/x/tags/list?n=1&last=a>; rel="next"',
      a: `<http://${headers.host}/v2/lib/x/tags/list?last=b>; rel=next`,
      b: '<https://elsewhere.test/v2/lib/x/tags/list?last=c>; rel="next"',
    };
    const tags = { '': ['a'], a: ['b'], b: ['c'] }[last] ?? ['never'];
    return Boolean(response.writeHead(200, { link: next[last] ?? '' }).end(JSON.stringify({ name: 'lib/x', tags })));
  });
  t.deepEqual(await all(open(t).tags(`${other.host}/lib/x`)), ['a', 'b', 'c']);
});

for (const [what, path, entries] of [
  ['tags', '/tags/', (i: number) => ({ tags: Array.from({ length: 100 }, (_, n) => `${i}-${n}-${'x'.repeat(90_000)}`) })],
  [
    'referrers',
    '/referrers/',
    (i: number) => ({ manifests: [{ ...descriptorOf('a', Buffer.from(`${i}`)), annotations: { a: 'x'.repeat(9_000_000) } }] }),
  ],
] as const)
  test(`${what} page after page without an end are cut`, async (t) => {
    let pages = 0;
    const other = await startLoopback(t, ({ url }, response) => {
      if (!url?.includes(path)) return false;
      return Boolean(response.writeHead(200, { link: `<${url}&next>; rel="next"` }).end(JSON.stringify(entries(pages++))));
    });
    const name = `${other.host}/lib/x`;
    const read = what === 'tags' ? open(t).tags(name) : open(t).referrers(name, { digest: digestOf('x') });
    await t.throwsAsync(all<unknown>(read), { code: 'REGISTRY_ANSWER', message: /found more/ });
    t.true(pages < 10);
  });

test('a page of tags without an end is cut', async (t) => {
  const other = await startLoopback(t, ({ url }, response) => {
    if (!url?.includes('/tags/list')) return false;
    const more = (): void => {
      while (response.write(Buffer.alloc(1 << 20, ' ')));
    };
    response.writeHead(200).on('drain', more);
    more();
    return true;
  });
  await t.throwsAsync(all(open(t).tags(`${other.host}/lib/x`)), { code: 'REGISTRY_ANSWER', message: /at most/ });
});

test.serial('a blob is asked for once though its reader makes a pause, when all of it has come or more is to come', async (t) => {
  const registry = await startLoopback(t);
  const client = open(t, { stallTimeout: 500 });
  const read = async (bytes: Buffer): Promise<void> => {
    registry.blobs.set(digestOf(bytes), bytes);
    const found: Uint8Array[] = [];
    for await (const chunk of client.fetchBlob(`${registry.host}/a/b`, descriptorOf('', bytes))) {
      found.push(chunk);
      if (found.length === 1) await sleep(1000);
    }
    t.true(Buffer.concat(found).equals(bytes));
  };
  await Promise.all([3 << 18, 8_000_000].map((size) => read(Buffer.alloc(size, 'slow'))));
  t.is(registry.requests.filter(({ line }) => line.includes('/blobs/')).length, 2);
});

test('what came before a connection broke is not asked for again, however slowly it is read', async (t) => {
  const [bytes, cut] = [Buffer.alloc(300_000, 'abc'), 100_000];
  const broken = Promise.withResolvers<void>();
  const reading = Promise.withResolvers<void>();
  const ranges: (string | undefined)[] = [];
  const { host } = await startLoopback(t, ({ url, headers }, response) => {
    if (!url?.includes('/blobs/')) return false;
    ranges.push(headers.range);
    if (headers.range !== undefined) {
      const from = Number(/\d+/.exec(headers.range)?.[0]);
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }).end(bytes.subarray(from));
      return true;
    }
    response.on('close', broken.resolve).writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, cut), () => void reading.promise.then(() => response.destroy()));
    return true;
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of open(t).fetchBlob(`${host}/lib/notes`, descriptorOf('', bytes))) {
    pieces.push(piece);
    if (pieces.length > 1) continue;
    reading.resolve();
    await broken.promise;
    await sleep(200); // the end of the connection is known here, too
  }
  t.deepEqual(Buffer.concat(pieces), bytes);
  t.deepEqual(ranges, [undefined, `bytes=${cut}-`]);
});
