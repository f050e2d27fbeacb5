import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CopySource } from '@varve/core';
import { digestOf } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { blobStore } from './blob-store.ts';
import { type Case, compose, fingerprint } from './copy-bench.ts';

/** A server on loopback that counts what it is asked. */
async function serve(t: ExecutionContext, answer: RequestListener) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const TIME = new Date(1_050_000_000_000).toUTCString();
const text =
  (body: string | Buffer): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'last-modified': TIME }).end(body);

const add = (t: ExecutionContext, url: string, more: Case['step'] & { readonly as?: Partial<CopySource & { kind: 'url' }> } = {}): Case => {
  const { as, ...step } = more;
  return { store: blobStore(temporaryDir(t)), step: { dest: '/o/', ...step, sources: [{ kind: 'url', url, ...as }] } };
};

test('a file is fetched with mode 0600 and the time that the server says', async (t) => {
  const { url, asked } = await serve(t, text('hello'));
  const { layer, draft } = await compose(add(t, `${url}/a/b%20c.txt?x=1#y`));
  t.deepEqual(layer, ['o d755 0:0', 'o/b c.txt f600 0:0 hello']);
  t.like(draft.index.at(1), { mtime: { seconds: 1_050_000_000, nanoseconds: 0 } });
  t.deepEqual(asked, ['/a/b%20c.txt?x=1']);
});

test('a destination without a slash is the name; chown and chmod count', async (t) => {
  const { url } = await serve(t, text('hello'));
  t.deepEqual((await compose(add(t, `${url}/`, { dest: '/o', chown: '5:6', chmod: '755' }))).layer, ['o f755 5:6 hello']);
});

test('without a name in the address a directory gets a file of none', async (t) => {
  const { url } = await serve(t, text('hello'));
  for (const address of [url, `${url}/`, `${url}/?x=1`, `${url}/a/..`])
    t.deepEqual((await compose(add(t, address))).layer, ['o d755 0:0', 'o/__unnamed__ f600 0:0 hello'], address);
});

test('an archive is extracted only when that is said', async (t) => {
  const dir = temporaryDir(t);
  mkdirSync(join(dir, 'from'));
  writeFileSync(join(dir, 'from/x'), 'X');
  const { url } = await serve(t, text(execFileSync('tar', ['-C', join(dir, 'from'), '-czf', '-', 'x'])));
  const [, kept] = (await compose(add(t, `${url}/a.tgz`))).draft.index;
  t.is(kept?.path, 'o/a.tgz');
  t.deepEqual((await compose(add(t, `${url}/a.tgz`, { as: { unpack: true } }))).layer, ['o d755 0:0', 'o/x f644 0:0 X']);
});

test('what is fetched is the key, not what the server says of it', async (t) => {
  let body = 'one';
  let time = TIME;
  const { url } = await serve(t, (_, response) => response.writeHead(200, { 'last-modified': time }).end(body));
  const key = () => fingerprint(add(t, `${url}/f`));
  const first = await key();
  time = new Date(0).toUTCString();
  t.deepEqual(await key(), first);
  body = 'two';
  const second = await key();
  t.deepEqual(
    Object.keys(second).filter((name) => first[name] !== second[name]),
    [`url ${url}/f`],
  );
});

test('a file with a known checksum is fetched once, and never another one', async (t) => {
  const { url, asked } = await serve(t, text('hello'));
  const pinned = add(t, `${url}/f`, { as: { checksum: digestOf('hello') } });
  const first = await compose(pinned);
  t.deepEqual((await compose(pinned)).draft.index, first.draft.index);
  t.is(asked.length, 1);
  await t.throwsAsync(() => compose(add(t, `${url}/f`, { as: { checksum: digestOf('other') } })), {
    code: 'BLOB_MISMATCH',
    message: /^digest mismatch: /,
  });
  await t.throwsAsync(() => compose(add(t, `${url}/f`, { as: { checksum: 'md5:1' } })), { code: 'DIGEST_INVALID' });
});

test('redirects are followed, by the name of the first address, and not without end', async (t) => {
  const { url } = await serve(t, (request, response) => {
    if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (request.url === '/first') response.writeHead(301, { location: '../second' }).end();
    else response.end('hello');
  });
  t.deepEqual((await compose(add(t, `${url}/first`))).layer, ['o d755 0:0', 'o/first f600 0:0 hello']);
  await t.throwsAsync(() => compose(add(t, `${url}/loop`)), { code: 'FETCH_FAILED', message: /redirects more than 10 times/ });
});

test('bytes are kept as they are stored', async (t) => {
  const { url } = await serve(t, (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(execFileSync('gzip', ['-c'], { input: 'x' })),
  );
  const [, line] = (await compose(add(t, `${url}/f`))).layer;
  t.true(line?.startsWith('o/f f600 0:0 \x1f\x8b'));
});

test.serial('proxies of the environment are used', async (t) => {
  const { url, asked } = await serve(t, text('proxied'));
  const before = process.env.http_proxy;
  process.env.http_proxy = url;
  t.teardown(() => {
    if (before === undefined) delete process.env.http_proxy;
    else process.env.http_proxy = before;
  });
  const { layer } = await compose(add(t, 'http://files.test/f'));
  t.is(layer[1], 'o/f f600 0:0 proxied');
  t.deepEqual(asked, ['http://files.test/f']);
});

const fails = test.macro({
  async exec(t, answer: RequestListener, message: RegExp) {
    const { url } = await serve(t, answer);
    await t.throwsAsync(() => compose(add(t, url.replace('http://', 'http://user:secret@'))), { code: 'FETCH_FAILED', message });
    const error = await t.throwsAsync(() => compose(add(t, url.replace('http://', 'http://user:secret@'))));
    t.notRegex(error?.message ?? '', /secret/);
  },
  title: (claim = '') => `${claim} is an error that says the address without credentials`,
});
test(
  'a status other than 200',
  fails,
  (_, response) => response.writeHead(404).end(),
  /^failed to fetch http:\/\/127\.0\.0\.1:\d+\/: the server answered 404 Not Found$/,
);
test(
  'a connection that ends early',
  fails,
  (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy()),
  /failed to fetch/,
);
test(
  'a redirect to a file',
  fails,
  (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  /only http and https/,
);
test('nobody who answers', fails, (request) => void request.socket.destroy(), /failed to fetch/);
