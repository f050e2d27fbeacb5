import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutorBench, processesWith, scan, uniqueSleep, whyMissing } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { ChrootExecutor } from '../src/index.ts';

const missing = whyMissing(['linux', 'root']);
/** With an executor that may not mount. */
const claim = (title: string, body: (t: ExecutionContext, bench: ExecutorBench) => Promise<void>): void => {
  if (missing !== undefined) test.skip(`${title} (skipped: ${missing})`, (t) => t.pass());
  else test.serial(title, async (t) => await body(t, await ExecutorBench.start(t, (root) => new ChrootExecutor(root, { mounts: false }))));
};

claim('without mounts hosts, resolv.conf and devices are there for the run and leave no trace', async (t, bench) => {
  writeFileSync(join(bench.root, 'etc/hosts'), 'own\n');
  const before = scan(bench.root);
  const { stdout } = await bench.sh(
    'grep backend /etc/hosts; test -s /etc/hostname && echo named; echo x >/dev/null; head -c 2 /dev/zero | wc -c',
    {
      hosts: [['10.0.0.1', 'backend']],
    },
  );
  t.is(stdout, '10.0.0.1\tbackend\nnamed\n2\n');
  t.deepEqual(scan(bench.root), before);
});

claim('without mounts a process runs as its user, in its directory', async (t, bench) => {
  const { stdout } = await bench.sh('id -u; id -G; pwd', { user: { uid: 12, gid: 34, groups: [56] }, cwd: '/srv' });
  t.is(stdout, '12\n34 56\n/srv\n');
});

claim('a device that the root has stays as it is', async (t, bench) => {
  writeFileSync(join(bench.root, 'dev/null'), 'a file');
  await bench.sh('echo gone >/dev/null');
  t.true(lstatSync(join(bench.root, 'dev/null')).isFile());
});

claim('a mount is refused where mounting is not allowed', async (t, bench) => {
  mkdirSync(join(bench.dir, 'source'));
  const mounts = [{ type: 'bind' as const, source: join(bench.dir, 'source'), target: '/mnt', options: ['rbind'] }];
  await t.throwsAsync(bench.run(['true'], { mounts }), { code: 'EXECUTOR_MOUNT' });
});

claim('without mounts everything that was started ends with the process', async (t, bench) => {
  const time = uniqueSleep();
  const { exitCode } = await bench.sh(`setsid sleep ${time} & (setsid sleep ${time} &); sleep 0.1; exit 7`);
  t.is(exitCode, 7);
  t.deepEqual(processesWith(time), []);
});

claim('there is no network to take away', async (t, bench) => {
  const error = await t.throwsAsync(bench.run(['true'], { network: 'none' }), { code: 'EXECUTOR_NETWORK' });
  t.regex(error?.message ?? '', /network/);
});

claim('without mounts a process is held and entered, and all ends with it', async (t, bench) => {
  const time = uniqueSleep();
  const text: string[] = [];
  const io = { stdout: (chunk: Uint8Array) => void text.push(Buffer.from(chunk).toString()), stderr: () => undefined };
  const before = scan(bench.root);
  const container = await bench.hold(bench.spec(['sleep', time]), io);
  const user = { uid: 12, gid: 34, groups: [] };
  const guest = await container.exec({ args: ['sh', '-c', `id -u; setsid sleep ${time} &`], env: ['PATH=/bin'], cwd: '/', user }, io);
  t.deepEqual(await guest.exit, { exitCode: 0 });
  t.deepEqual(text, ['12\n']);
  t.is(processesWith(time).length, 2);
  const terminal = { columns: 80, rows: 25 };
  await t.throwsAsync(container.exec({ args: ['sh'], env: [], cwd: '/', user, terminal }, io), { code: 'EXECUTOR_UNSUPPORTED' });
  container.signal('SIGTERM');
  t.is((await container.exit).exitCode, 143);
  t.deepEqual(processesWith(time), []);
  t.deepEqual(scan(bench.root), before);
});
