import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Certificate, contentsOf, selfSigned, signedBy } from './certificates.ts';
import { Client, withoutSettings } from './client.ts';
import { type DockerRegistry, isRegistryMissing, startRegistry } from './docker-registry.ts';
import { FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { sampleImage } from './images.ts';
import { isInstalled } from './programs.ts';

withoutSettings();
const claim = isRegistryMissing || !isInstalled('openssl') ? test.skip : test.serial;
const dir = mkdtempSync(join(tmpdir(), 'varve-tls-site-'));
let authority: Certificate;
let server: Certificate;
let registry: DockerRegistry;

/** A registry with a certificate of an authority of its own, which lets in only those that have one, too. */
test.before(async () => {
  if (isRegistryMissing || !isInstalled('openssl')) return;
  authority = selfSigned(dir, 'authority');
  server = signedBy(authority, dir, 'server');
  const tls = { certificate: server.cert, key: server.key, clientcas: [authority.cert] };
  registry = await startRegistry(join(dir, 'registry'), { tls });
});
test.after.always(async () => {
  await registry?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** A client with a `certs.d` that has these files for the registry. */
function clientWith(files: Readonly<Record<string, string>>): Client {
  const certs = mkdtempSync(join(dir, 'certs-'));
  mkdirSync(join(certs, registry.host));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(certs, registry.host, name), content);
  return new Client({ retries: 1, retryWait: 5, certsDirs: [certs] });
}
const ca = () => ({ 'ca.crt': contentsOf(authority).cert });
function own(by: Certificate): Readonly<Record<string, string>> {
  const { cert, key } = contentsOf(signedBy(by, dir, 'client'));
  return { 'client.cert': cert, 'client.key': key };
}

claim('with the authority and a certificate of its own a client pushes and pulls', async (t) => {
  using client = clientWith({ ...ca(), ...own(authority) });
  const name = `${registry.host}/tls/app:1`;
  await client.store(sampleImage(), name);
  await client.must(['push', name]);
  using other = clientWith({ ...ca(), ...own(authority) });
  await other.must(['pull', name]);
  t.is(await other.idOf(name), await sampleImage().id());
  t.regex(await other.must(['registry', 'explain', name]), /TLS: +verified \(with authorities of its own\)/);
});

const fails = (title: string, files: () => Readonly<Record<string, string>>, error: string, says: RegExp) =>
  claim(`${title}: ${error}`, async (t) => {
    using client = clientWith(files());
    const { code, stderr } = await client.varve(['pull', `${registry.host}/tls/app:1`]);
    t.is(code, 1);
    t.regex(stderr, says);
    t.regex(stderr, new RegExp(`\\[${error}[\\],]`));
  });
fails('no certificate of its own', ca, 'REGISTRY_UNREACHABLE', /certificate required|bad certificate|ECONNRESET|EPIPE/i);
fails(
  'a certificate of another authority',
  () => ({ ...ca(), ...own(selfSigned(dir, 'other')) }),
  'REGISTRY_UNREACHABLE',
  /certificate|ECONNRESET|EPIPE/i,
);
fails(
  'another authority, also on loopback',
  () => ({ 'ca.crt': contentsOf(selfSigned(dir, 'other')).cert, ...own(authority) }),
  'REGISTRY_UNREACHABLE',
  /certificate|signature/i,
);
fails(
  'a certificate without its key',
  () => ({ ...ca(), 'client.cert': own(authority)['client.cert'] ?? '' }),
  'REGISTRY_CONFIG',
  /client\.cert: there is no client\.key beside it/,
);
fails(
  'a key without its certificate',
  () => ({ ...ca(), 'client.key': own(authority)['client.key'] ?? '' }),
  'REGISTRY_CONFIG',
  /client\.key: there is no client\.cert beside it/,
);
fails(
  'an authority that is no certificate',
  () => ({ 'ca.crt': 'nonsense', ...own(authority) }),
  'REGISTRY_CONFIG',
  /ca\.crt: there is no certificate in it/,
);

claim('from TLS to plain HTTP no redirect is followed', async (t) => {
  await using plain = await startRegistry(join(dir, 'plain'));
  await using proxy = await FaultProxy.start(plain.host, contentsOf(server));
  using client = new Client({ retries: 1, retryWait: 5 });
  const name = `${proxy.host}/tls/down:1`;
  await client.store(sampleImage(), name);
  await client.must(['push', name]);
  await client.must(['pull', name]); // on loopback any certificate will do
  using other = new Client({ retries: 1, retryWait: 5 });
  for (const on of [/^GET \S+\/manifests\//, /^GET \S+\/blobs\//]) {
    proxy.does({
      on,
      times: 100,
      fault: async (exchange) => await faults.says(307, { location: `http://${plain.host}${exchange.request.url}` })(exchange),
    });
    const { code, stderr } = await other.varve(['pull', name]);
    t.is(code, 1);
    t.regex(stderr, /redirects to http:\/\/\S+, which is not safe[\s\S]*\[REGISTRY_ANSWER/);
  }
});
