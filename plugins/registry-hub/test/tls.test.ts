import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { TlsTrust } from '../src/hosts/tls-trust.ts';
import { Agents } from '../src/http/agents.ts';
import { HttpClient } from '../src/http/http-client.ts';
import { createRegistryClient } from '../src/index.ts';
import { isMissing, NO_FILES, openHub, PLATFORM, run } from './hub-bench.ts';

const claim = isMissing('openssl') ? test.skip : test.serial;

/** A key and a certificate for a name that nobody vouches for; `publish`: where it is put as an authority. */
async function selfSigned(t: ExecutionContext, name: string, publish?: string) {
  const dir = temporaryDir(t);
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=${/^[0-9.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`,
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  if (publish !== undefined) {
    mkdirSync(publish, { recursive: true });
    copyFileSync(cert, join(publish, 'ca.crt'));
  }
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** A server with such a certificate, which knows no image. */
async function startTls(t: ExecutionContext, name = 'localhost', publish?: string): Promise<string> {
  const server = createServer(await selfSigned(t, name, publish), (_, response) => void response.writeHead(404).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

claim('a registry on loopback may speak TLS', async (t) => {
  const { transport } = openHub(t, temporaryDir(t), { retries: 0 });
  await t.throwsAsync(transport.resolve(parseReference(`${await startTls(t)}/acme/app:1`), { platform: PLATFORM }), {
    code: 'IMAGE_UNKNOWN',
  });
});

/** An HTTP proxy that makes a tunnel to this address, whatever it is asked for. */
async function startTunnel(t: ExecutionContext, to: string, tls?: { readonly key: Buffer; readonly cert: Buffer }) {
  const asked: (string | undefined)[] = [];
  const server = tls === undefined ? createHttpServer() : createServer(tls);
  server.on('request', (request, response) => {
    asked.push(`${request.url}`);
    response.writeHead(404).end();
  });
  server.on('connect', (request, socket, head) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
    const [host, port] = to.split(':');
    const other = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      other.write(head);
      other.pipe(socket).pipe(other);
    });
    for (const one of [socket, other]) one.on('error', () => undefined);
    t.teardown(() => other.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, port: (server.address() as AddressInfo).port };
}

claim('through a tunnel a registry is verified like any other: with the authority that certs.d names for it', async (t) => {
  const dir = temporaryDir(t);
  const to = await startTls(t, 'secure.test', join(dir, 'secure.test'));
  const { asked, port } = await startTunnel(t, to);
  const env = { HTTPS_PROXY: `http://ali:open%20sesame@127.0.0.1:${port}` };
  const files = { ...NO_FILES, retries: 0, env };
  await using known = createRegistryClient({ ...files, certsDirs: [dir] });
  t.true(await known.ping('secure.test'));
  t.deepEqual([...new Set(asked)], [`secure.test:443 Basic ${Buffer.from('ali:open sesame').toString('base64')}`]);
  await using stranger = createRegistryClient(files);
  const failure = await t.throwsAsync<Error>(stranger.ping('secure.test'), { code: 'REGISTRY_UNREACHABLE', message: /SELF_SIGNED/ });
  t.notRegex(`${failure?.message}${failure?.stack}`, /sesame/);
});

claim('SSL_CERT_FILE stands for the system’s authorities', async (t) => {
  const dir = temporaryDir(t);
  const to = await startTls(t, 'secure.test', dir);
  const { port } = await startTunnel(t, to);
  const files = { ...NO_FILES, retries: 0 };
  const HTTPS_PROXY = `http://127.0.0.1:${port}`;
  await using known = createRegistryClient({ ...files, env: { HTTPS_PROXY, SSL_CERT_FILE: join(dir, 'ca.crt') } });
  t.true(await known.ping('secure.test'));
  await using lost = createRegistryClient({ ...files, env: { HTTPS_PROXY, SSL_CERT_FILE: join(dir, 'nothing') } });
  await t.throwsAsync(lost.ping('secure.test'), { code: 'REGISTRY_CONFIG', message: /nothing/ });
});

claim('a proxy that is down is named', async (t) => {
  await using client = createRegistryClient({
    ...NO_FILES,
    retries: 0,
    env: { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' },
  });
  await t.throwsAsync(client.ping('secure.test'), { code: 'REGISTRY_UNREACHABLE', message: /secure\.test.*proxy 127\.0\.0\.1:1/ });
});

/** Accepts connections, says this to the first bytes that come, and nothing ever after. */
async function startSilent(t: ExecutionContext, first = ''): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(first));
    t.teardown(() => void socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

for (const [what, url, env] of [
  ['a registry that does not shake hands', (host) => `https://${host}/v2/`, () => ({})],
  ['one that does not through a tunnel', () => 'https://secure.test/v2/', (tunnel) => ({ HTTPS_PROXY: `http://${tunnel}` })],
  ['a proxy that makes no tunnel', () => 'https://secure.test/v2/', (_, silent) => ({ HTTPS_PROXY: `http://${silent}` })],
  ['a proxy that answers nothing', () => 'http://plain.test/v2/', (_, silent) => ({ HTTP_PROXY: `http://${silent}` })],
] as readonly [string, (host: string) => string, (tunnel: string, silent: string) => NodeJS.ProcessEnv][])
  test(`nobody waits for ${what}`, async (t) => {
    t.timeout(20_000);
    const silent = await startSilent(t);
    const tunnel = await startSilent(t, 'HTTP/1.1 200 OK\r\n\r\n');
    const agents = new Agents(new TlsTrust([], {}), env(tunnel, silent));
    await using http = new HttpClient({ agents, stallTimeout: 200 });
    await t.throwsAsync(http.send(new URL(url(silent)), { method: 'GET' }), { code: 'ETIMEDOUT' });
  });

claim('elsewhere a certificate that nobody vouches for is refused', async (t) => {
  const agents = new Agents(new TlsTrust([], {}), {});
  await using http = new HttpClient({ agents, stallTimeout: 1000 });
  await t.throwsAsync(http.send(new URL(`https://${await startTls(t)}/v2/`), { method: 'GET' }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

claim('a proxy that speaks TLS is verified by its own name: by whom certs.d or SSL_CERT_FILE name, and by nobody else', async (t) => {
  const dir = temporaryDir(t);
  const proxy = await selfSigned(t, '127.0.0.1', join(dir, 'proxy'));
  const { asked, port } = await startTunnel(t, await startTls(t, 'secure.test', join(dir, 'secure.test')), proxy);
  const address = `https://127.0.0.1:${port}`;
  const files = { ...NO_FILES, certsDirs: [dir], hostsDirs: [dir], retries: 0 };
  mkdirSync(join(dir, 'plain.test'));
  writeFileSync(join(dir, 'plain.test/hosts.toml'), 'server = "http://plain.test"\n');
  const SSL_CERT_FILE = join(dir, 'proxy/ca.crt');
  await using client = createRegistryClient({ ...files, env: { HTTPS_PROXY: address, SSL_CERT_FILE } });
  t.true(await client.ping('secure.test'));
  t.deepEqual([...new Set(asked)], ['secure.test:443 undefined']);
  await using plain = createRegistryClient({ ...files, env: { HTTP_PROXY: address, SSL_CERT_FILE } });
  t.true(await plain.ping('plain.test'));
  t.true(asked.includes('http://plain.test/v2/'), asked.join());
  renameSync(join(dir, 'proxy'), join(dir, `127.0.0.1:${port}`));
  await using listed = createRegistryClient({ ...files, env: { HTTPS_PROXY: address } });
  t.true(await listed.ping('secure.test'));
  renameSync(join(dir, `127.0.0.1:${port}`), join(dir, 'elsewhere'));
  await using stranger = createRegistryClient({ ...files, env: { HTTPS_PROXY: address } });
  await t.throwsAsync(stranger.ping('secure.test'), { code: 'REGISTRY_UNREACHABLE', message: /SELF_SIGNED.*proxy 127\.0\.0\.1/ });
});

/** A server that lets in only those that have a certificate of this authority. */
async function startMutual(t: ExecutionContext, tls: { readonly key: Buffer; readonly cert: Buffer }, ca: Buffer): Promise<string> {
  const seen = { ...tls, ca, requestCert: true, rejectUnauthorized: true };
  const server = createServer(seen, (_, response) => void response.writeHead(200).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

for (const [form, client] of [
  ['a pair', 'client = [["client.crt", "client.key"]]'],
  ['a file of both', 'client = "both.pem"'],
  ['a list of files of both', 'client = ["both.pem"]'],
] as const)
  claim(`hosts.toml names authorities and who we are, as ${form}`, async (t) => {
    const dir = temporaryDir(t);
    const [us, them] = [await selfSigned(t, 'us'), await selfSigned(t, '127.0.0.1')];
    const host = await startMutual(t, them, us.cert);
    const folder = join(dir, host);
    mkdirSync(folder);
    const write = (name: string, content: Buffer | string): void => writeFileSync(join(folder, name), content);
    for (const [name, content] of Object.entries({ 'ca.pem': them.cert, 'client.crt': us.cert, 'client.key': us.key }))
      write(name, content);
    write('both.pem', Buffer.concat([us.cert, us.key]));
    const hosts = (text: string): void => write('hosts.toml', `server = "https://${host}"\n${text}\n`);
    const ping = async (): Promise<boolean> => {
      await using registry = createRegistryClient({ ...NO_FILES, hostsDirs: [dir], retries: 0, env: {} });
      return await registry.ping(host);
    };
    hosts(`ca = "ca.pem"\n${client}`);
    t.true(await ping());
    hosts(`ca = ["${join(folder, 'ca.pem')}"]\n${client}`);
    t.true(await ping(), 'a list, and whole paths');
    hosts(client);
    await t.throwsAsync(ping(), { code: 'REGISTRY_UNREACHABLE', message: /SELF_SIGNED/ }, 'without the authority');
    hosts('ca = "ca.pem"');
    await t.throwsAsync(ping(), { code: 'REGISTRY_UNREACHABLE' }, 'without saying who we are');
    hosts(`ca = "nothing.pem"\n${client}`);
    await t.throwsAsync(ping(), { code: 'REGISTRY_CONFIG', message: /nothing\.pem/ });
  });

claim('TLS of before version 1.2 is not spoken', async (t) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const server = createServer({ ...(await selfSigned(t, '127.0.0.1')), ...old }, (_, response) => void response.writeHead(200).end());
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const agents = new Agents(new TlsTrust([], {}), {});
  await using http = new HttpClient({ agents, stallTimeout: 5000 });
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`);
  await t.throwsAsync(http.send(url, { method: 'GET', security: { host: url.host, verify: false } }), {
    message: /protocol version|EPROTO/i,
  });
});
