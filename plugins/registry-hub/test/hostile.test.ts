import { VarveError } from '@varve/core';
import { descriptorOf, digestOf, MEDIA_TYPES, parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { createRegistryClient, type RegistryClient } from '../src/index.ts';
import { NO_FILES, openHub, PLATFORM } from './hub-bench.ts';
import { type Interfere, startLoopback } from './loopback-registry.ts';

/** What a terminal would obey, and what would fill it. */
const NASTY = `\u001b[2J\u009b31m\u202e${'x'.repeat(5000)}`;
/** More lists in each other than a stack has frames. */
const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

const says =
  (on: RegExp, body: unknown, headers: Readonly<Record<string, string>> = {}): Interfere =>
  ({ url = '' }, response) =>
    on.test(url) && Boolean(response.writeHead(200, headers).end(typeof body === 'string' ? body : JSON.stringify(body)));
const manifest = (more: object) => ({ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, ...more });
const DIGEST = digestOf('x');

type Act = (client: RegistryClient, host: string, t: ExecutionContext) => Promise<unknown>;
const all = async (source: AsyncIterable<unknown>) => {
  for await (const _ of source);
};
const referrers: Act = (client, host) => all(client.referrers(`${host}/a/b`, { digest: DIGEST }));
const tags: Act = (client, host) => all(client.tags(`${host}/a/b`));
const push: Act = (client, host) => {
  const bytes = Buffer.from(JSON.stringify(manifest({ subject: descriptorOf(MEDIA_TYPES.manifest, Buffer.from('x')) })));
  return client.pushManifest(`${host}/a/b:1`, { bytes, mediaType: MEDIA_TYPES.manifest });
};
const pull: Act = async (_, host, t) => {
  const { transport } = openHub(t, temporaryDir(t), { retries: 0 });
  return await transport.resolve(parseReference(`${host}/a/b:1`), { platform: PLATFORM });
};
const wholly: Act = async (_, host, t) => {
  const { transport } = openHub(t, temporaryDir(t), { retries: 0 });
  return await transport.resolveIndex(parseReference(`${host}/a/b:1`), {});
};

const hostile = test.macro({
  async exec(t, act: Act, interfere: Interfere, code: string) {
    const registry = await startLoopback(t, interfere);
    await using client = createRegistryClient({ ...NO_FILES, retries: 0, env: {} });
    const failure = await t.throwsAsync<VarveError>(act(client, registry.host, t), undefined, 'it went well');
    t.true(VarveError.is(failure), String(failure));
    t.is(failure.code, code, failure.message);
    const text = `${failure.message}${failure.hint ?? ''}`;
    t.notRegex(text, /[\p{Cc}\p{Bidi_Control}]/u);
    t.true(text.length < 1000, `${text.length} characters`);
  },
  title: (what, _, __, code) => `${what}: ${code}, in a message that any terminal can show`,
});

const MANIFESTS = /\/manifests\//;
test('a manifest in schema 1 of its own', hostile, pull, says(MANIFESTS, { schemaVersion: NASTY }), 'IMAGE_INVALID');
test('a media type that is none', hostile, pull, says(MANIFESTS, manifest({ mediaType: NASTY })), 'IMAGE_INVALID');
test(
  'a digest that is none',
  hostile,
  pull,
  says(MANIFESTS, manifest({ config: { mediaType: 'a', digest: NASTY, size: 1 } })),
  'DIGEST_INVALID',
);
test(
  'an algorithm of digests that nobody knows',
  hostile,
  pull,
  says(MANIFESTS, manifest({ config: { mediaType: 'a', digest: `${'x'.repeat(5000)}:1`, size: 1 } })),
  'DIGEST_INVALID',
);
test(
  'a size that is none',
  hostile,
  pull,
  says(MANIFESTS, manifest({ config: { mediaType: 'a', digest: DIGEST, size: NASTY } })),
  'IMAGE_INVALID',
);
test(
  'a size of lists in lists',
  hostile,
  pull,
  says(MANIFESTS, `{"schemaVersion":2,"config":{"mediaType":"a","digest":"${DIGEST}","size":${deep}}}`),
  'IMAGE_INVALID',
);
test('a manifest that is a page', hostile, pull, says(MANIFESTS, `<html>${NASTY}`), 'IMAGE_INVALID');
test(
  'an artifact',
  hostile,
  pull,
  says(MANIFESTS, manifest({ config: { mediaType: NASTY, digest: DIGEST, size: 1 }, layers: [] })),
  'IMAGE_INVALID',
);
test(
  'an index of platforms that nobody has',
  hostile,
  pull,
  says(MANIFESTS, {
    schemaVersion: 2,
    manifests: Array.from({ length: 500 }, (_, i) => ({
      mediaType: MEDIA_TYPES.manifest,
      digest: DIGEST,
      size: 1,
      platform: { os: `${i}${NASTY}`.slice(0, 15), architecture: 'x' },
    })),
  }),
  'IMAGE_PLATFORM',
);
test('an index that names what is no manifest', hostile, wholly, says(MANIFESTS, { schemaVersion: 2, manifests: [null] }), 'IMAGE_INVALID');
test(
  'an encoding that nobody knows',
  hostile,
  pull,
  says(MANIFESTS, '{}', { 'content-encoding': `x${'y'.repeat(5000)}` }),
  'REGISTRY_ANSWER',
);
test('referrers that are none', hostile, referrers, says(/referrers/, { manifests: [null] }), 'IMAGE_INVALID');
test('referrers of lists in lists', hostile, referrers, says(/referrers/, `{"manifests":[${deep}]}`), 'IMAGE_INVALID');
test('tags that are none', hostile, tags, says(/tags/, { tags: [null] }), 'REGISTRY_ANSWER');
test('tags that are nothing', hostile, tags, says(/tags/, 'null'), 'REGISTRY_ANSWER');
test(
  'a challenge from nowhere',
  hostile,
  tags,
  ({ url }, response) =>
    url !== '/v2/' && Boolean(response.writeHead(401, { 'www-authenticate': `Bearer realm="http://[${'x'.repeat(2000)}"` }).end()),
  'REGISTRY_ANSWER',
);
test(
  'the list of referrers that stands under a tag has lists in lists',
  hostile,
  push,
  ({ method, url = '' }, response) => {
    if (!MANIFESTS.test(url)) return false;
    if (method === 'PUT') return Boolean(response.writeHead(201).end());
    const entry = JSON.stringify(descriptorOf(MEDIA_TYPES.manifest, Buffer.from('y')));
    return Boolean(response.writeHead(200).end(`{"manifests":[${entry.slice(0, -1)},"more":${deep}}]}`));
  },
  'REGISTRY_ANSWER',
);
test(
  'interim answers without an end',
  hostile,
  tags,
  ({ url, socket }) => {
    if (url === '/v2/') return false;
    const timer = setInterval(
      () => (socket.destroyed ? clearInterval(timer) : socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(20))),
      5,
    );
    return true;
  },
  'REGISTRY_ANSWER',
);
test(
  'an error in many words',
  hostile,
  tags,
  ({ url }, response) =>
    url !== '/v2/' &&
    Boolean(response.writeHead(418).end(JSON.stringify({ errors: [{ code: NASTY, message: { toString: 1 } }, { code: NASTY }] }))),
  'REGISTRY_REFUSED',
);

test('a token that stands for a password stays with the server that it is for', async (t) => {
  const bodies: string[] = [];
  const elsewhere = await startLoopback(t, async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk));
    return Boolean(response.writeHead(200).end('{"token":"x"}'));
  });
  const registry = await startLoopback(t, ({ url = '', headers: { host } }, response) => {
    if (url === '/v2/') return false;
    if (url === '/token') return Boolean(response.writeHead(307, { location: `http://${elsewhere.host}/token` }).end());
    return Boolean(response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end());
  });
  const credentials = async () => ({ kind: 'token', token: 'refresh me' }) as const;
  await using client = createRegistryClient({ ...NO_FILES, credentials, retries: 0, env: {} });
  await t.throwsAsync(client.resolve(`${registry.host}/a/b:1`), { code: 'REGISTRY_ANSWER', message: /not safe/ });
  t.deepEqual(bodies, []);
});
