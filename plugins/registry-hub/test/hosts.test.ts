import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { HostTable } from '../src/hosts/host-table.ts';
import { defaultPlaces } from '../src/hosts/places.ts';
import { isListedInsecure } from '../src/hosts/registry-host.ts';
import { proxyFor } from '../src/http/proxy.ts';

/** A table that reads these files, and no others. */
function table(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  options: { insecure?: string[]; mirrors?: Record<string, string[]> } = {},
) {
  const dir = temporaryDir(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const places = {
    daemon: [join(dir, 'daemon.json')],
    registriesConf: [join(dir, 'own.conf'), join(dir, 'registries.conf')],
    registriesConfDirs: [join(dir, 'registries.conf.d')],
    hostsDirs: [join(dir, 'hosts')],
    certsDirs: [],
  };
  return new HostTable({ places, insecure: options.insecure ?? [], mirrors: options.mirrors ?? {} });
}

/** The places of a repository, as `tls api/prefix/path tags digests`. */
const routed = test.macro({
  async exec(
    t,
    files: Readonly<Record<string, string>>,
    host: string,
    path: string,
    expected: readonly string[],
    options: Parameters<typeof table>[2] = {},
  ) {
    const endpoints = await table(t, files, options).endpoints({ host, path });
    const lines = endpoints.map(({ tls, api, prefix, path, serves }) =>
      [tls, `${api}${prefix}/${path}`, serves.tags ? 'tags' : '', serves.digests ? 'digests' : ''].filter(Boolean).join(' '),
    );
    t.deepEqual(lines, [...expected]);
  },
  title: (name, _, host, path) => `${name}: where ${host}/${path} is found`,
});

const HUB = 'verified registry-1.docker.io/v2/library/x tags digests';
const DAEMON = JSON.stringify({
  'registry-mirrors': ['https://m1.test', 'http://m2.test:5000/'],
  'insecure-registries': ['lan.test:5000', '10.1.0.0/16'],
});
test('no settings', routed, {}, 'docker.io', 'library/x', [HUB]);
test('no settings, loopback', routed, {}, '127.0.0.1:5000', 'x', ['optional 127.0.0.1:5000/v2/x tags digests']);
test('daemon.json', routed, { 'daemon.json': DAEMON }, 'docker.io', 'library/x', [
  'verified m1.test/v2/library/x tags digests',
  'none m2.test:5000/v2/library/x tags digests',
  HUB,
]);
test('daemon.json, its mirrors are for Docker Hub only', routed, { 'daemon.json': DAEMON }, 'a.test', 'x', [
  'verified a.test/v2/x tags digests',
]);
test('daemon.json, insecure name', routed, { 'daemon.json': DAEMON }, 'lan.test:5000', 'x', ['optional lan.test:5000/v2/x tags digests']);
test('daemon.json, insecure range', routed, { 'daemon.json': DAEMON }, '10.1.2.3:80', 'x', ['optional 10.1.2.3:80/v2/x tags digests']);
test('daemon.json, outside the range', routed, { 'daemon.json': DAEMON }, '10.2.2.3', 'x', ['verified 10.2.2.3/v2/x tags digests']);

const CONF = `
[[registry]]
prefix = "a.test/team"
location = "b.test/moved"
[[registry.mirror]]
location = "m1.test/cache"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "m2.test:5000"
insecure = true
pull-from-mirror = "tag-only"
[[registry]]
location = "a.test"
insecure = true
[[registry]]
prefix = "*.wild.test"
location = "wild-mirror.test/all"
[[registry]]
prefix = "docker.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "hub.test/hub"
`;
const conf = { 'registries.conf': CONF };
test('registries.conf, longest prefix', routed, conf, 'a.test', 'team/x', [
  'verified m1.test/v2/cache/x digests',
  'optional m2.test:5000/v2/x tags',
  'verified b.test/v2/moved/x tags digests',
]);
test('registries.conf, a prefix ends at a slash', routed, conf, 'a.test', 'teams/x', ['optional a.test/v2/teams/x tags digests']);
test('registries.conf, wildcard', routed, conf, 'eu.wild.test', 'x/y', ['verified wild-mirror.test/v2/all/x/y tags digests']);
test('registries.conf, a wildcard is not the domain itself', routed, conf, 'wild.test', 'x', ['verified wild.test/v2/x tags digests']);
test('registries.conf, Docker Hub', routed, conf, 'docker.io', 'library/x', ['verified hub.test/v2/hub/library/x digests', HUB]);
test(
  'registries.conf, a drop-in replaces an entry',
  routed,
  { ...conf, 'registries.conf.d/10-a.conf': '[[registry]]\nlocation = "a.test"\n', 'registries.conf.d/note.txt': 'not read' },
  'a.test',
  'x',
  ['verified a.test/v2/x tags digests'],
);
test('registries.conf, the user’s own replaces the system’s', routed, { ...conf, 'own.conf': '' }, 'docker.io', 'library/x', [HUB]);

const HOSTS = `
server = "https://registry-1.docker.io"
[host."https://m.test:8443/proxy"]
  capabilities = ["pull"]
  skip_verify = true
[host."http://n.test/whole"]
  capabilities = ["pull", "resolve"]
  override_path = true
[host."https://push.test"]
  capabilities = ["push"]
`;
test('hosts.toml', routed, { 'hosts/docker.io/hosts.toml': HOSTS, 'daemon.json': DAEMON }, 'docker.io', 'library/x', [
  'unverified m.test:8443/proxy/v2/library/x digests',
  'none n.test/whole/library/x tags digests',
  HUB,
]);
test('hosts.toml, for all hosts', routed, { 'hosts/_default/hosts.toml': '[host."https://m.test"]\n' }, 'a.test', 'x', [
  'verified m.test/v2/x tags digests',
  'verified a.test/v2/x tags digests',
]);
test(
  'options come first',
  routed,
  { 'daemon.json': DAEMON },
  'docker.io',
  'library/x',
  ['verified own.test/v2/library/x tags digests', HUB],
  {
    mirrors: { 'docker.io': ['https://own.test'] },
  },
);

const refused = test.macro({
  async exec(t, files: Readonly<Record<string, string>>, code: string, message: RegExp) {
    await t.throwsAsync(table(t, files).endpoints({ host: 'a.test', path: 'x' }), { code, message });
  },
  title: (name, _, code) => `${name}: ${code}`,
});
test(
  'a blocked registry',
  refused,
  { 'registries.conf': '[[registry]]\nlocation="a.test"\nblocked=true\n' },
  'REGISTRY_BLOCKED',
  /a\.test/,
);
test('no TOML', refused, { 'registries.conf': '[[registry\n' }, 'REGISTRY_CONFIG', /registries\.conf: line 1/);
test('no JSON', refused, { 'daemon.json': '{' }, 'REGISTRY_CONFIG', /daemon\.json/);
test(
  'a mirror without a place',
  refused,
  { 'registries.conf': '[[registry]]\nlocation="a.test"\n[[registry.mirror]]\n' },
  'REGISTRY_CONFIG',
  /location/,
);
test('a mirror that is no address', refused, { 'daemon.json': '{"registry-mirrors":["m.test"]}' }, 'REGISTRY_CONFIG', /https:/);

test('a name that stands for an address in an insecure range is insecure', async (t) => {
  t.true(await isListedInsecure('localhost:5000', ['127.0.0.0/8', '::1/128']));
  t.false(await isListedInsecure('localhost:5000', ['10.0.0.0/8']));
});

const proxied = test.macro({
  exec(t, url: string, env: Record<string, string>, expected: string | undefined) {
    t.is(proxyFor(new URL(url), env)?.host, expected);
  },
  title: (_, url, env) => `the proxy of ${url} with ${JSON.stringify(env)}`,
});
const BOTH = { HTTPS_PROXY: 'http://s.test:1', http_proxy: 'p.test:2' };
test(proxied, 'https://a.test/v2/', BOTH, 's.test:1');
test(proxied, 'http://a.test/v2/', BOTH, 'p.test:2');
test(proxied, 'https://a.test/v2/', {}, undefined);
test(proxied, 'https://127.0.0.1:5000/', BOTH, undefined);
test(proxied, 'https://[::1]:5000/', BOTH, undefined);
test(proxied, 'https://localhost/', BOTH, undefined);
test(proxied, 'http://a.test/', { HTTP_PROXY: 'http://p.test:2', REQUEST_METHOD: 'GET' }, undefined);
const without = (list: string) => ({ ...BOTH, NO_PROXY: list });
test(proxied, 'https://a.test/', without('*'), undefined);
test(proxied, 'https://b.a.test/', without('x.test, a.test'), undefined);
test(proxied, 'https://a.test/', without('.a.test'), 's.test:1');
test(proxied, 'https://b.a.test/', without('.a.test'), undefined);
test(proxied, 'https://ba.test/', without('a.test'), 's.test:1');
test(proxied, 'https://a.test:8443/', without('a.test:8443'), undefined);
test(proxied, 'https://a.test/', without('a.test:8443'), 's.test:1');
test(proxied, 'https://a.test/', without('a.test:443'), undefined);
test(proxied, 'https://10.1.2.3/', without('10.1.0.0/16'), undefined);
test(proxied, 'https://10.2.2.3/', without('10.1.0.0/16'), 's.test:1');
test(proxied, 'https://[fd00::1]/', without('fd00::/8'), undefined);
test('a proxy that speaks something else is refused without its password', (t) => {
  const failure = t.throws<Error>(() => proxyFor(new URL('https://a.test'), { HTTPS_PROXY: 'socks5://u:hunter2@p' }), {
    code: 'REGISTRY_PROXY',
  });
  t.false(failure?.message.includes('hunter2'));
});

test('settings and certificates are looked for where docker, podman and containerd keep them', (t) => {
  const home = defaultPlaces({ HOME: '/h' });
  t.deepEqual(home.daemon, ['/h/.config/docker/daemon.json', '/etc/docker/daemon.json']);
  t.deepEqual(home.registriesConf, ['/h/.config/containers/registries.conf', '/etc/containers/registries.conf']);
  t.deepEqual(home.registriesConfDirs, ['/etc/containers/registries.conf.d', '/h/.config/containers/registries.conf.d']);
  t.deepEqual(home.hostsDirs, ['/etc/containerd/certs.d']);
  t.deepEqual(home.certsDirs, [
    '/h/.config/containers/certs.d',
    '/etc/containers/certs.d',
    '/h/.docker/certs.d',
    '/h/.config/docker/certs.d',
    '/etc/docker/certs.d',
    '/etc/containerd/certs.d',
  ]);
  const chosen = defaultPlaces({ HOME: '/h', DOCKER_CONFIG: '/d', CONTAINERS_REGISTRIES_CONF: '/own.conf', XDG_CONFIG_HOME: '/c' });
  t.deepEqual(chosen.registriesConf, ['/own.conf']);
  t.true(chosen.certsDirs.includes('/d/certs.d') && chosen.certsDirs.includes('/c/docker/certs.d'));
});
