import type { PublishedPort } from '@varve/core';
import test from 'ava';
import { configOf } from '../src/create/config-of.ts';
import type { CreateRequest } from '../src/create/create-request.ts';
import { readCreate } from '../src/create/read-create.ts';
import { readDevices, readUlimits } from '../src/create/read-limits.ts';
import { readMounts } from '../src/create/read-mounts.ts';
import { readHosts, readPorts } from '../src/create/read-network.ts';

const mounts = test.macro({
  exec(t, option: 'volume' | 'mount' | 'tmpfs', text: string, expected: object) {
    t.deepEqual<unknown, unknown>(readMounts({ [option]: [text] }), [expected]);
  },
  title: (_, option, text) => `--${option} ${text}`,
});
const volume = { type: 'volume', readOnly: false, anonymous: false, copy: true };
const bind = { type: 'bind', readOnly: false, makeSource: true, options: [] };
test(mounts, 'volume', '/data', { ...volume, target: '/data', anonymous: true });
test(mounts, 'volume', 'name:/data/', { ...volume, name: 'name', target: '/data' });
test(mounts, 'volume', 'name:/data:ro,nocopy', { ...volume, name: 'name', target: '/data', readOnly: true, copy: false });
test(mounts, 'volume', '/a/../b:/c:ro,z', { ...bind, source: '/b', target: '/c', readOnly: true });
test(mounts, 'volume', '/a:/c/../../d:rshared', { ...bind, source: '/a', target: '/d', options: ['rshared'] });
test(mounts, 'mount', 'type=bind,src=/a,dst=/b,ro', { ...bind, source: '/a', target: '/b', readOnly: true, makeSource: false });
test(mounts, 'mount', 'source=name,target=/b,volume-nocopy', { ...volume, name: 'name', target: '/b', copy: false });
test(mounts, 'mount', 'type=tmpfs,target=/b,tmpfs-size=1m,tmpfs-mode=700', {
  type: 'tmpfs',
  target: '/b',
  options: ['noexec', 'nosuid', 'nodev', 'size=1048576', 'mode=700'],
});
test(mounts, 'tmpfs', '/b:exec,size=64k', { type: 'tmpfs', target: '/b', options: ['nosuid', 'mode=1777', 'nodev', 'size=64k'] });

const ports = test.macro({
  exec(t, text: string, expected: readonly PublishedPort[]) {
    t.deepEqual(readPorts([text]), expected);
  },
  title: (_, text) => `--publish ${text}`,
});
test(ports, '80', [{ protocol: 'tcp', port: 80, containerPort: 80 }]);
test(ports, '8080:80', [{ protocol: 'tcp', port: 8080, containerPort: 80 }]);
test(ports, '127.0.0.1:8080:80/udp', [{ protocol: 'udp', address: '127.0.0.1', port: 8080, containerPort: 80 }]);
test(ports, '[::1]:8080:80', [{ protocol: 'tcp', address: '::1', port: 8080, containerPort: 80 }]);
test(ports, '127.0.0.1::80', [{ protocol: 'tcp', address: '127.0.0.1', port: 80, containerPort: 80 }]);
test(ports, '8000-8001:90-91', [
  { protocol: 'tcp', port: 8000, containerPort: 90 },
  { protocol: 'tcp', port: 8001, containerPort: 91 },
]);

const refuses = test.macro({
  exec(t, work: () => unknown) {
    t.throws(work, { code: 'USAGE' });
  },
  title: (name = '') => `refuses ${name}`,
});
for (const text of ['', ':/x', 'a:b:c:d', 'name:relative', 'name:/', 'name:/x:bad', 'in valid:/x'])
  test(`--volume ${text}`, refuses, () => readMounts({ volume: [text] }));
test('two mounts on one place', refuses, () => readMounts({ volume: ['a:/x'], tmpfs: ['/x'] }));
for (const text of ['type=bind,dst=/x', 'type=disk,dst=/x', 'dst=/x,what=1'])
  test(`--mount ${text}`, refuses, () => readMounts({ mount: [text] }));
for (const text of ['0:80', '80:70000', '1-3:1-2', 'x', '80/icmp', '1:2:3:4']) test(`--publish ${text}`, refuses, () => readPorts([text]));
for (const text of ['name', 'name:not-an-address']) test(`--add-host ${text}`, refuses, () => readHosts([text]));
for (const text of ['nofile', 'nofile=x', 'nofile=1:2:3']) test(`--ulimit ${text}`, refuses, () => readUlimits([text]));
for (const text of ['dev/x', '/dev/x:relative', '/dev/x:/y:z']) test(`--device ${text}`, refuses, () => readDevices([text]));
for (const [name, value] of [
  ['restart', 'always'],
  ['pull', 'sometimes'],
  ['workdir', 'relative'],
  ['stop-timeout', 'soon'],
  ['memory', 'much'],
  ['cpus', '10000'],
  ['cpus', '0.001'],
  ['pids-limit', 'few'],
  ['hostname', '-x'],
  ['log-driver', 'syslog'],
  ['health-interval', '10'],
  ['health-timeout', '1us'],
  ['health-retries', '-1'],
] as const)
  test(`--${name} ${value}`, refuses, () => readCreate({ [name]: value }, ['image'], { isAttached: true }));
test('--no-healthcheck with --health-cmd', refuses, () =>
  readCreate({ 'no-healthcheck': true, 'health-cmd': 'x' }, ['image'], { isAttached: true }),
);
test('no image', refuses, () => readCreate({}, [], { isAttached: true }));

const request = (changes: Partial<CreateRequest>): CreateRequest => ({ ...readCreate({}, ['image'], { isAttached: true }), ...changes });
const runs = test.macro({
  exec(t, image: readonly [entry: readonly string[] | null, cmd: readonly string[] | null], changes: Partial<CreateRequest>, expected) {
    const { Entrypoint, Cmd } = configOf({ Entrypoint: image[0], Cmd: image[1] }, request(changes));
    t.deepEqual([Entrypoint, Cmd], expected);
  },
  title: (_, image, changes) => `${JSON.stringify(image)} with ${JSON.stringify(changes)}`,
});
test(runs, [['e'], ['c']], {}, [['e'], ['c']]);
test(runs, [['e'], ['c']], { args: ['a'] }, [['e'], ['a']]);
test(runs, [['e'], ['c']], { entrypoint: 'x' }, [['x'], null]);
test(runs, [['e'], ['c']], { entrypoint: 'x', args: ['a'] }, [['x'], ['a']]);
test(runs, [['e'], ['c']], { entrypoint: '', args: ['a'] }, [null, ['a']]);
test(runs, [null, ['c']], { args: ['a'] }, [null, ['a']]);
test(runs, [null, ['c']], {}, [null, ['c']]);
test(runs, [['e'], null], {}, [['e'], null]);
test(runs, [['e'], null], { args: ['--rm'] }, [['e'], ['--rm']]);
test('--health-… change the check of the image, and --no-healthcheck takes it away', (t) => {
  const image = { Cmd: ['c'], Healthcheck: { Test: ['CMD', 'old'], Interval: 1e9, Retries: 2 } };
  const check = (values: Readonly<Record<string, string | boolean>>) =>
    configOf(image, readCreate(values, ['image'], { isAttached: true })).Healthcheck;
  t.deepEqual(check({}), image.Healthcheck);
  t.deepEqual(check({ 'health-cmd': 'a | b', 'health-interval': '1m30s' }), { Test: ['CMD-SHELL', 'a | b'], Interval: 90e9, Retries: 2 });
  t.deepEqual(check({ 'health-retries': '5', 'health-start-period': '10ms' }), { ...image.Healthcheck, Retries: 5, StartPeriod: 10e6 });
  t.deepEqual(check({ 'no-healthcheck': true })?.Test, ['NONE']);
});
test('with nothing to run there is no container', (t) => {
  t.throws(() => configOf({}, request({})), { code: 'CONTAINER_COMMAND' });
  t.throws(() => configOf({ Cmd: ['c'] }, request({ entrypoint: '' })), { code: 'CONTAINER_COMMAND' });
});
