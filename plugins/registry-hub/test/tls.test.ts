import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
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

/** A server with a certificate that nobody vouches for, which knows no image. */
async function startTls(t: ExecutionContext, name = 'localhost', publish?: string): Promise<string> {
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
    `subjectAltName=DNS:${name}`,
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  if (publish !== undefined) {
    mkdirSync(publish, { recursive: true });
    copyFileSync(cert, join(publish, 'ca.crt'));
  }
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => void response.writeHead(404).end());
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
async function startTunnel(t: ExecutionContext, to: string) {
  const asked: (string | undefined)[] = [];
  const server = createHttpServer();
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
  t.teardown(() => void server.close());
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

claim('elsewhere a certificate that nobody vouches for is refused', async (t) => {
  const agents = new Agents(new TlsTrust([], {}), {});
  await using http = new HttpClient({ agents, stallTimeout: 1000 });
  await t.throwsAsync(http.send(new URL(`https://${await startTls(t)}/v2/`), { method: 'GET' }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});
