import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir, whyMissing } from '@varve/core/testing';
import anyTest, { type ExecutionContext } from 'ava';
import { findDevices } from '../src/run/find-devices.ts';
import { execute, run } from './run-bench.ts';

const reason = whyMissing(['linux', 'root']);
const test = reason === undefined ? anyTest : anyTest.skip;

const GPU = {
  cdiVersion: '0.6.0',
  kind: 'v.com/gpu',
  containerEdits: { env: ['ALL=1'] },
  devices: [
    { name: '0', containerEdits: { env: ['GPU=0'], deviceNodes: [{ path: '/dev/gpu0', hostPath: '/dev/null', permissions: 'rw' }] } },
    { name: '1', containerEdits: { deviceNodes: [{ path: '/dev/zero' }], mounts: [{ hostPath: '/usr/lib', containerPath: '/lib/gpu' }] } },
    { name: 'hooked', containerEdits: { hooks: [{ hookName: 'createContainer', path: '/bin/true', args: ['true', '1'], timeout: 5 }] } },
  ],
};

function specifications(t: ExecutionContext, files: Readonly<Record<string, unknown>>): readonly string[] {
  const [etc, run] = ['etc', 'run'].map((name) => join(temporaryDir(t), name));
  for (const dir of [etc, run]) mkdirSync(dir ?? '', { recursive: true });
  for (const [name, value] of Object.entries(files))
    writeFileSync(join(etc ?? '', name), typeof value === 'string' ? value : JSON.stringify(value));
  return [etc ?? '', run ?? '', '/nowhere'];
}
const find = (
  t: ExecutionContext,
  names: readonly string[],
  { required = true, files = { 'gpu.json': GPU } as Record<string, unknown> } = {},
) => findDevices(run('true', { devices: names.map((name) => ({ name, required })) }), specifications(t, files));

test('devices are found by their CDI names', async (t) => {
  t.deepEqual(await find(t, ['v.com/gpu=0', 'v.com/gpu=1']), {
    devices: [
      { source: '/dev/null', target: '/dev/gpu0', permissions: 'rw' },
      { source: '/dev/zero', target: '/dev/zero', permissions: 'rwm' },
    ],
    env: ['ALL=1', 'GPU=0', 'ALL=1'],
    mounts: [{ type: 'bind', source: '/usr/lib', target: '/lib/gpu', options: ['bind', 'ro'] }],
    hooks: [],
    missing: [],
  });
});

test('a path is a device of this host', async (t) => {
  t.deepEqual((await find(t, ['/dev/null'])).devices, [{ source: '/dev/null', target: '/dev/null', permissions: 'rwm' }]);
  await t.throwsAsync(() => find(t, ['/etc/passwd']), {
    code: 'RUN_DEVICE_MISSING',
    message: 'required device "/etc/passwd" is not on this host',
  });
});

test('one that may be missing is', async (t) => {
  t.deepEqual((await find(t, ['v.com/gpu=7', '/dev/nothing'], { required: false })).missing, ['v.com/gpu=7', '/dev/nothing']);
});

test('one that may not be missing is refused, and what there is named', async (t) => {
  const error = await t.throwsAsync(() => find(t, ['v.com/gpu=7']), { code: 'RUN_DEVICE_MISSING' });
  t.like(error, { hint: 'Known: v.com/gpu=0, v.com/gpu=1, v.com/gpu=hooked', source: { startLine: 2 } });
  await t.throwsAsync(() => find(t, ['gpu']), { message: 'invalid device name gpu: unqualified device "gpu", missing vendor' });
});

const YAML = `
cdiVersion: "0.6.0"
kind: v.com/net
devices:
  - name: "1"
    containerEdits:
      env: [ "NET=yes" ]
      deviceNodes:
        - {path: /dev/net1, hostPath: /dev/null}
      hooks:
        - hookName: createRuntime
          path: /usr/bin/ready
          args: [ready, --all]
          env: [A=1]
          timeout: 3
`;
test('a specification may be YAML', async (t) => {
  t.deepEqual(await find(t, ['v.com/net=1', 'v.com/gpu=0'], { files: { 'gpu.json': GPU, 'net.yaml': YAML } }), {
    devices: [
      { source: '/dev/null', target: '/dev/net1', permissions: 'rwm' },
      { source: '/dev/null', target: '/dev/gpu0', permissions: 'rw' },
    ],
    env: ['NET=yes', 'ALL=1', 'GPU=0'],
    mounts: [],
    hooks: [{ when: 'createRuntime', path: '/usr/bin/ready', args: ['ready', '--all'], env: ['A=1'], timeout: 3 }],
    missing: [],
  });
});

test('broken specifications are none', async (t) => {
  const broken = {
    json: ['{', '[]', '{"kind":"a/b"}', 'null'],
    yaml: ['a: [', 'kind: a/b', 'x', '&a [*a]', `devices: ${'a'.repeat(1 << 20)}`],
  };
  for (const [type, texts] of Object.entries(broken))
    for (const text of texts) await t.throwsAsync(() => find(t, ['a/b=c'], { files: { [`x.${type}`]: text } }), { code: 'RUN_DEVICE' });
  const hook = { kind: 'a/b', devices: [{ name: 'c', containerEdits: { hooks: [{ hookName: 'never', path: '/x' }] } }] };
  await t.throwsAsync(() => find(t, ['a/b=c'], { files: { 'x.json': hook } }), { code: 'RUN_DEVICE', message: /a hook that is none/ });
});

test('the executor is asked for them, or refuses', async (t) => {
  const devices = [{ name: '/dev/null', required: true }];
  const { asked } = await execute(t, run('true', { devices }), { features: ['devices'] });
  t.deepEqual(asked[0]?.devices, [{ source: '/dev/null', target: '/dev/null', permissions: 'rwm' }]);
  await t.throwsAsync(() => execute(t, run('true', { devices })), { code: 'RUN_FEATURE', message: /what --device asks for/ });
});

test('--security=insecure is privileged, or refused', async (t) => {
  const { asked } = await execute(t, run('true', { security: 'insecure' }), { features: ['privileged'] });
  t.true(asked[0]?.privileged);
  t.is((await execute(t, run('true'))).asked[0]?.privileged, undefined);
  await t.throwsAsync(() => execute(t, run('true', { security: 'insecure' })), { code: 'RUN_FEATURE', message: /--security=insecure/ });
});
