import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { TlsTrust } from '../src/hosts/tls-trust.ts';
import { Agents } from '../src/http/agents.ts';
import { HttpClient } from '../src/http/http-client.ts';
import { isMissing, openHub, PLATFORM, run } from './hub-bench.ts';

const claim = isMissing('openssl') ? test.skip : test.serial;

/** A server with a certificate that nobody vouches for, which knows no image. */
async function startTls(t: ExecutionContext): Promise<string> {
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
    '/CN=localhost',
    '-keyout',
    key,
    '-out',
    cert,
  ]);
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

claim('elsewhere a certificate that nobody vouches for is refused', async (t) => {
  const agents = new Agents(new TlsTrust([], {}), {});
  await using http = new HttpClient({ agents, stallTimeout: 1000 });
  await t.throwsAsync(http.send(new URL(`https://${await startTls(t)}/v2/`), { method: 'GET' }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});
