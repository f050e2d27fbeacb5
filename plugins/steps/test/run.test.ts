import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunMount, RunStep, TreeRef } from '@varve/core';
import { sketchTree, stepScope, temporaryDir, whyMissing } from '@varve/core/testing';
import anyTest, { type ExecutionContext } from 'ava';
import { RunHandler } from '../src/run/run-handler.ts';
import { chrootExecutor } from './chroot-executor.ts';
import { type Around, execute, run } from './run-bench.ts';

const reason = whyMissing(['linux', 'root']);
const test = reason === undefined ? anyTest : anyTest.skip;

test('a process changes the workspace, its output is streamed', async (t) => {
  const { result, stdout, stderr, root } = await execute(t, run('echo hello; echo oops >&2; echo kept > /file'));
  t.deepEqual(result, { kind: 'workspace' });
  t.deepEqual([stdout, stderr], ['hello\n', 'oops\n']);
  t.is(readFileSync(join(root, 'file'), 'utf8'), 'kept\n');
});

test('it runs as the user of the config, in its directory and environment', async (t) => {
  const base = { 'etc/passwd': 'web:x:101:102::/srv/web:', 'etc/group': 'staff:x:50:web' };
  const config = { User: 'web', WorkingDir: '/work', Env: ['A=1', 'B=2'] };
  const step = run('id -u; id -g; id -G; pwd; echo $A $B $C $HOME $HTTP_PROXY', {
    env: ['B=arg', 'C=3'],
    hiddenEnv: ['HTTP_PROXY=p', 'A=hidden'],
  });
  const { stdout, asked } = await execute(t, step, { base, config });
  t.is(stdout, '101\n102\n102 50\n/work\n1 arg 3 /srv/web p\n');
  t.true(asked[0]?.env.includes('PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'));
});

test('root is looked up where it will run', async (t) => {
  const { stdout } = await execute(t, run('echo $HOME; id -G'), { base: { 'etc/passwd': 'root:x:0:0::/elsewhere:' } });
  t.is(stdout, '/\n0\n'); // there is no passwd in this workspace
});

test('PATH and HOME of the config stay', async (t) => {
  const { asked } = await execute(t, run('true'), { config: { Env: ['PATH=/bin', 'HOME=/h'] } });
  t.deepEqual(asked[0]?.env, ['PATH=/bin', 'HOME=/h']);
});

test('limits reach a process that its executor can limit, and are not in the key', async (t) => {
  const request = { run: { limits: { memory: 1 << 26, cpus: 0.5, cpuset: undefined } } };
  const full = await execute(t, run('true'), { request, features: ['memory', 'cpus'] });
  t.deepEqual([full.asked[0]?.limits, full.scope.warnings], [{ memory: 1 << 26, cpus: 0.5 }, []]);
  const half = await execute(t, run('true'), { request: { ...request, run: { ...request.run } }, features: ['memory'] });
  t.deepEqual(half.asked[0]?.limits, { memory: 1 << 26 });
  t.deepEqual(
    half.scope.warnings.map(({ code }) => code),
    ['RUN_LIMIT'],
  );
});

test('the settings of the build reach the process', async (t) => {
  const settings = {
    network: 'none',
    addHosts: ['db:10.0.0.7', 'v6=[::1]'],
    hostname: 'builder',
    shmSize: 1 << 20,
    ulimits: ['nofile=10:20', 'core=-1'],
  } as const;
  const { asked } = await execute(t, run('true'), { request: { run: settings } });
  t.like(asked[0], {
    network: 'none',
    hosts: [
      ['10.0.0.7', 'db'],
      ['::1', 'v6'],
    ],
    hostname: 'builder',
    shmSize: 1 << 20,
    ulimits: [
      { type: 'nofile', soft: 10, hard: 20 },
      { type: 'core', soft: -1, hard: -1 },
    ],
  });
  const own = await execute(t, run('true', { network: 'host' }), { request: { run: settings } });
  t.is(own.asked[0]?.network, 'host');
});

test('a process that fails is an error with its exit code, its words and its place', async (t) => {
  const error = await t.throwsAsync(() => execute(t, run('echo "no"; exit 7')), { code: 'STEP_FAILED' });
  t.is(error?.message, 'process "/bin/sh -c echo \\"no\\"; exit 7" did not complete successfully: exit code: 7');
  t.like(error, { exitCode: 7, source: { startLine: 2 } });
  await t.throwsAsync(() => execute(t, run('nosuchprogram')), { code: 'STEP_FAILED', message: /exit code: 127$/ });
});

test('an unknown user is refused before anything runs', async (t) => {
  const step = run('true');
  const scope = { config: { User: 'ghost' }, workspace: undefined };
  await t.throwsAsync(() => execute(t, step, scope), {
    code: 'USER_UNKNOWN',
    message: 'unable to find user ghost: no matching entries in passwd file',
  });
});

test('a network that the executor cannot give is refused', async (t) => {
  const { executor } = chrootExecutor({ networks: ['host'] });
  const handler = new RunHandler(temporaryDir(t));
  await t.throwsAsync(() => handler.execute(run('true', { network: 'none' }), stepScope({ executor })), {
    code: 'RUN_NETWORK',
    message: /"test".*"none"/,
  });
});

test('an abort ends it', async (t) => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('stopped')), 100);
  await t.throwsAsync(() => execute(t, run('sleep 60'), { signal: stop.signal }));
});

const FROM: TreeRef = { kind: 'context' };
const bind = (more: object): RunMount => ({ type: 'bind', from: FROM, source: '', target: '/m', writable: false, ...more }) as RunMount;
const other = { a: 'A', 'd/x': 'X', 'd/l': { symlink: 'x' } } as const;

test('a bind mount shows a directory, read-only, and is gone afterwards', async (t) => {
  const { stdout, store, root } = await execute(
    t,
    run('ls /m; cat /m/l; (echo no > /m/x) 2>/dev/null || echo " read-only"', { mounts: [bind({ source: 'd' })] }),
    { other },
  );
  t.is(stdout, 'l\nx\nX read-only\n');
  t.deepEqual(readdirSync(join(store, 'tmp')), []);
  t.deepEqual(readdirSync(join(root, 'm')), []);
});
test('a bind mount shows a file; what is written with rw is thrown away', async (t) => {
  const { stdout } = await execute(t, run('cat m; echo B > m; cat m', { mounts: [bind({ source: 'a', target: 'm', writable: true })] }), {
    other,
    config: { WorkingDir: '/w' },
  });
  t.is(stdout, 'AB\n');
});
test('mounts of what is not there are refused', async (t) => {
  await t.throwsAsync(() => execute(t, run('true', { mounts: [bind({ source: 'nope' })] }), { other }), {
    code: 'COPY_NOT_FOUND',
    message: /"\/nope": not found/,
  });
  await t.throwsAsync(() => execute(t, run('true', { mounts: [bind({ target: '/' })] }), { other }), {
    code: 'RUN_SETTING',
    message: 'invalid mount target "/"',
  });
});
test('a tmpfs is writable and leaves nothing', async (t) => {
  const { root } = await execute(t, run('echo x > /t/x', { mounts: [{ type: 'tmpfs', target: '/t', size: 4096 }] }));
  t.deepEqual(readdirSync(join(root, 't')), []);
});

const cache = (more: object = {}): RunMount =>
  ({ type: 'cache', id: '/c', target: '/c', sharing: 'shared', mode: 0o750, uid: 5, gid: 6, writable: true, ...more }) as RunMount;
test('a cache keeps its files from one process to the next', async (t) => {
  const store = temporaryDir(t);
  const first = await execute(t, run('stat -c "%a %u:%g" /c; echo kept > /c/f', { mounts: [cache()] }), { store });
  t.is(first.stdout, '750 5:6\n');
  t.is((await execute(t, run('cat /c/f', { mounts: [cache()] }), { store })).stdout, 'kept\n');
  t.is((await execute(t, run('ls /c', { mounts: [cache({ id: 'other' })] }), { store })).stdout, '');
});
test('a new cache begins with the files that it names', async (t) => {
  const { stdout } = await execute(t, run('ls /c', { mounts: [cache({ from: FROM, source: 'd' })] }), { other });
  t.is(stdout, 'l\nx\n');
});
/** Two processes with the same cache at the same time. */
const both = (t: ExecutionContext, sharing: string, command: (number: number) => string) => {
  const store = temporaryDir(t);
  const mounts = [cache({ sharing })];
  return Promise.all([1, 2].map(async (number) => (await execute(t, run(command(number), { mounts }), { store })).stdout));
};
const leaving = () => 'ls /c; touch /c/busy; sleep 0.3; rm /c/busy';
test('a locked cache is used by one after the other', async (t) => t.deepEqual(await both(t, 'locked', leaving), ['', '']));
test('a private cache is another for each', async (t) => t.deepEqual(await both(t, 'private', leaving), ['', '']));
test('a shared cache is used by both at once', async (t) => {
  const meeting = (number: number) => `touch /c/${number}; while [ $(ls /c | wc -l) -lt 2 ]; do sleep 0.05; done; ls /c`;
  t.deepEqual(await both(t, 'shared', meeting), ['1\n2\n', '1\n2\n']);
});
test('a cache of another owner, or that begins with other files, is another', async (t) => {
  const store = temporaryDir(t);
  await execute(t, run('touch /c/f', { mounts: [cache()] }), { store });
  t.is((await execute(t, run('ls /c', { mounts: [cache({ uid: 7 })] }), { store })).stdout, '');
  const from = [cache({ from: FROM, source: 'd' })];
  await execute(t, run('rm /c/x', { mounts: from }), { store, other });
  t.is((await execute(t, run('ls /c', { mounts: from }), { store, other })).stdout, 'l\n');
  t.is((await execute(t, run('cat /c/x', { mounts: from }), { store, other: { 'd/x': 'new' } })).stdout, 'new');
});
test('one cache may be in two places of a step', async (t) => {
  for (const sharing of ['locked', 'private', 'shared']) {
    const mounts = [cache({ sharing }), cache({ sharing, target: '/d', writable: false })];
    t.is((await execute(t, run('echo x > /c/f; cat /d/f', { mounts }))).stdout, 'x\n');
  }
});
test('steps that want the same caches in another order do not wait for each other', async (t) => {
  const store = temporaryDir(t);
  const [a, b] = [cache({ id: 'a', target: '/a', sharing: 'locked' }), cache({ id: 'b', target: '/b', sharing: 'locked' })];
  const steps = Array.from({ length: 6 }, (_, i) => run('sleep 0.05', { mounts: i % 2 === 0 ? [a, b] : [b, a] }));
  await t.notThrowsAsync(Promise.all(steps.map((step) => execute(t, step, { store, signal: AbortSignal.timeout(20_000) }))));
});

test('scripts are executable files for as long as the process runs', async (t) => {
  const scripts = [{ path: '/dev/pipes/EOF', content: '#!/bin/sh\necho from $0\n' }];
  const { stdout, store } = await execute(t, run('/dev/pipes/EOF', { scripts }));
  t.is(stdout, 'from /dev/pipes/EOF\n');
  t.deepEqual(readdirSync(join(store, 'tmp')), []);
  t.false(existsSync('/dev/pipes/EOF'));
});

const keyOf = async (step: RunStep, { base = {}, other: files = other, ...more }: Around = {}) =>
  await new RunHandler('/none').fingerprint(step, stepScope({ tree: await sketchTree(base), treeOf: () => sketchTree(files), ...more }));

const differs = anyTest.macro({
  async exec(t, step: RunStep, around: Around, parts: readonly string[], first: RunStep = run('x')) {
    const [a, b] = [await keyOf(first), await keyOf(step, around)];
    t.deepEqual([...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).sort(), [...parts].sort());
  },
  title: (claim = '') => `key: ${claim}`,
});
anyTest('the command counts', differs, run('y'), {}, ['command']);
anyTest('each variable counts by its name', differs, run('x', { env: ['V=1'] }), { config: { Env: ['PATH=/bin'] } }, ['env.V', 'env.PATH']);
anyTest(
  'a variable with an equal value from elsewhere does not',
  differs,
  run('x'),
  { config: { Env: ['V=1'] } },
  [],
  run('x', { env: ['V=1'] }),
);
anyTest('hidden variables do not count', differs, run('x', { hiddenEnv: ['HTTP_PROXY=p'] }), {}, []);
anyTest('directory and user count', differs, run('x'), { config: { WorkingDir: '/w', User: 'u' } }, ['cwd', 'user']);
anyTest('the network counts, wherever it was said', differs, run('x'), { request: { run: { network: 'none' } } }, ['network']);
anyTest(
  'hosts, limits and shared memory count',
  differs,
  run('x'),
  { request: { run: { hostname: 'a', addHosts: ['a:1.1.1.1'], shmSize: 1, ulimits: ['core=1'] } } },
  ['hostname', 'hosts', 'shm', 'ulimits'],
);
anyTest(
  'scripts count',
  differs,
  run('x', { scripts: [{ path: '/s', content: 'b' }] }),
  {},
  ['script /s'],
  run('x', { scripts: [{ path: '/s', content: 'a' }] }),
);
const mounted = run('x', { mounts: [bind({ source: 'd' })] });
anyTest('what a bind mount shows counts', differs, mounted, { other: { ...other, 'd/x': 'Y' } }, ['mount /m'], mounted);
anyTest('what it does not show does not', differs, mounted, { other: { ...other, a: 'Y' } }, [], mounted);
anyTest(
  'what a cache begins with counts',
  differs,
  run('x', { mounts: [cache({ from: FROM, source: 'd' })] }),
  { other: { ...other, 'd/x': 'Y' } },
  ['mount /c'],
  run('x', { mounts: [cache({ from: FROM, source: 'd' })] }),
);
anyTest(
  'which cache is used counts',
  differs,
  run('x', { mounts: [cache({ id: 'b' })] }),
  {},
  ['mount /c'],
  run('x', { mounts: [cache()] }),
);
