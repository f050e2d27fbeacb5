import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Client, withoutSettings } from './client.ts';

withoutSettings();
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
const SECRET = 'never-to-be-seen';

/** A client with mirrors and credentials that is behind a proxy. */
function bench() {
  const client = new Client({ mirrors: { 'docker.io': ['https://mirror.test', 'http://127.0.0.1:5001'] }, insecure: ['lan.test:5000'] });
  const docker = join(client.folder, 'docker');
  mkdirSync(docker);
  const auths = {
    'mirror.test': auth(`mia:${SECRET}`),
    'https://index.docker.io/v1/': auth(`ali:${SECRET}`),
    'lan.test:5000/acme': { identitytoken: SECRET },
  };
  writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths }));
  process.env.DOCKER_CONFIG = docker;
  process.env.HTTPS_PROXY = `http://user:${SECRET}@proxy.test:3128`;
  process.env.NO_PROXY = 'lan.test';
  return { client, file: join(docker, 'config.json') };
}

test.serial('who is asked in which order, how, and as whom: never a secret', async (t) => {
  const { client, file } = bench();
  using _ = client;
  const { reference, places } = JSON.parse(await client.must(['registry', 'explain', '--json', 'busybox']));
  t.is(reference, 'docker.io/library/busybox:latest');
  t.like(places, {
    0: {
      kind: 'mirror',
      address: 'https://mirror.test/v2/library/busybox',
      tls: 'verified',
      proxy: 'http://proxy.test:3128',
      credentials: { user: 'mia', file, member: 'auths["mirror.test"]' },
    },
    1: { kind: 'mirror' },
    2: {
      kind: 'registry',
      address: 'https://registry-1.docker.io/v2/library/busybox',
      tls: 'verified',
      credentials: { user: 'ali', file, member: 'auths["https://index.docker.io/v1/"]' },
    },
  });
  t.is(places.length, 3);
  t.is(places[1].proxy, undefined);
});

test.serial('in words', async (t) => {
  const { client, file } = bench();
  using _ = client;
  const text = await client.must(['registry', 'explain', 'lan.test:5000/acme/app:1']);
  t.is(
    text,
    `lan.test:5000/acme/app:1 is asked for, in this order:
1. https://lan.test:5000/v2/acme/app (registry)
   TLS:         with any certificate, or plain HTTP if that is what is spoken
   proxy:       none
   credentials: <token>, from auths["lan.test:5000/acme"] of ${file}
   because of:  insecure registries
`,
  );
  const all = [
    text,
    await client.must(['--debug', 'registry', 'explain', 'busybox']),
    await client.must(['registry', 'explain', '--json', 'lan.test:5000/acme/app']),
  ];
  t.false(all.join('').includes(SECRET));
});
