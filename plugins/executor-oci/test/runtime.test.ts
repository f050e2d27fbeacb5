import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKernel, type ProcessIO, type ProcessSpec } from '@varve/core';
import { ExecutorBench, temporaryDir, whyMissing } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { findRuntime, OciExecutor, type OciOptions, oci } from '../src/index.ts';
import { logFormat, readFailure, unreadOutput } from '../src/runtime-log.ts';

const runc = await findRuntime('runc');
const crun = await findRuntime('crun');
const missing = whyMissing(['linux', 'root']) ?? [runc, crun].flatMap((each) => (each.kind === 'none' ? [each.reason] : []))[0];
const withHost = missing === undefined ? test.serial : (test.skip as typeof test.serial);
const note = missing === undefined ? '' : ` (skipped: ${missing})`;

async function pick(t: ExecutionContext, options: OciOptions): Promise<string> {
  await using kernel = createKernel({ root: temporaryDir(t), plugins: [oci], options: { '@varve/executor-oci': options } });
  const { provider } = await kernel.executor('oci');
  return provider.name;
}

withHost(`the executor is found by its name${note}`, async (t) => {
  t.is(await pick(t, {}), 'oci');
  t.is(await pick(t, { runtime: 'runc' }), 'oci');
});

for (const [runtime, reason] of [
  ['nope', /nope is not installed/],
  ['/nowhere/crun', /\/nowhere\/crun does not start/],
  ['/bin/true', /\/bin\/true is neither crun nor runc/],
] as const)
  withHost(`a runtime ${runtime} is declined with the reason${note}`, async (t) => {
    const error = await t.throwsAsync(pick(t, { runtime }), { code: 'HOST_UNSUPPORTED' });
    t.regex(error?.message ?? '', reason);
  });

for (const options of [{ runtme: 'x' }, { runtime: 1 }, 'crun'])
  test(`options ${JSON.stringify(options)} are refused`, (t) => {
    t.throws(() => createKernel({ root: '/nowhere', plugins: [oci], options: { '@varve/executor-oci': options } }), {
      code: 'OPTIONS_INVALID',
    });
  });

withHost(`an aborted runc leaves no control group${note}`, async (t) => {
  const bench = await ExecutorBench.start(t, openRunc);
  const controller = new AbortController();
  let group = '';
  const stdout = (chunk: Uint8Array): void => {
    group += Buffer.from(chunk).toString();
    if (group.includes('\n')) controller.abort();
  };
  await t.throwsAsync(bench.sh('grep ^0:: /proc/self/cgroup; sleep 100', {}, { stdout, signal: controller.signal }), {
    name: 'AbortError',
  });
  const name = /^0::\/(varve-run-\w+)\n$/.exec(group)?.[1] ?? '';
  t.regex(name, /^varve-run-/);
  for (const place of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']) t.false(existsSync(join(place, name)));
});

withHost(`a seccomp profile is handed on${note}`, async (t) => {
  const bench = await ExecutorBench.start(t, openRunc);
  const profile = join(bench.dir, 'profile.json');
  writeFileSync(
    profile,
    JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }] }),
  );
  for (const runtime of [runc, crun]) {
    if (runtime.kind === 'none') throw new Error(runtime.reason);
    const executor = new OciExecutor(join(bench.dir, 'store'), { runtime: runtime.runtime, seccomp: profile });
    t.is((await run(executor, bench.spec(['mkdir', '/tmp/made']))).exitCode, 1);
  }
});

for (const found of [runc, crun])
  withHost(
    `a seccomp profile is in force for whatever is started in a container of ${found.kind === 'found' && found.runtime.kind}${note}`,
    async (t) => {
      if (found.kind === 'none') throw new Error(found.reason);
      const { runtime } = found;
      const profile = join(temporaryDir(t), 'profile.json');
      writeFileSync(
        profile,
        JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }] }),
      );
      const bench = await ExecutorBench.start(t, (root) => new OciExecutor(root, { runtime, seccomp: profile }));
      let text = '';
      const take = (chunk: Uint8Array): void => {
        text += Buffer.from(chunk).toString();
      };
      const io = { stdout: (chunk: Uint8Array) => take(chunk), stderr: () => undefined };
      const container = await bench.hold(bench.spec(['sleep', '100000']), io);
      const guest = { env: ['PATH=/bin', 'A=b'], cwd: '/tmp', user: { uid: 12, gid: 34, groups: [] } };
      const script = 'mkdir made || echo refused; echo $A; id -u; pwd; exit 3';
      const { exit } = await container.exec({ ...guest, args: ['sh', '-c', script] }, io);
      t.is((await exit).exitCode, 3);
      t.is(text, 'refused\nb\n12\n/tmp\n');
      text = '';
      const shown = await container.exec({ ...guest, args: ['sh', '-c', 'tty; stty size'], terminal: { columns: 77, rows: 33 } }, io);
      t.is((await shown.exit).exitCode, 0);
      // What is written before runc has set the terminal up ends with one carriage return more
      t.regex(text, /^\/dev\/pts\/\d+\r{1,2}\n33 77\r{1,2}\n$/);
      const controller = new AbortController();
      const sleeping = await container.exec({ ...guest, args: ['sleep', '100000'] }, { ...io, signal: controller.signal });
      t.deepEqual(
        await container.processes(),
        [container.pid, sleeping.pid].toSorted((a, b) => a - b),
      );
      controller.abort();
      await t.throwsAsync(sleeping.exit, { name: 'AbortError' });
      await t.throwsAsync(container.exec({ ...guest, args: ['nope'] }, io), { code: 'EXECUTOR_PROGRAM' });
      container.signal('SIGKILL');
      t.is((await container.exit).exitCode, 137);
    },
  );

withHost(`a failure of the runtime itself is an error that says why${note}`, async (t) => {
  for (const runtime of [runc, crun]) {
    if (runtime.kind === 'none') throw new Error(runtime.reason);
    const bench = await ExecutorBench.start(t, (root) => new OciExecutor(root, { runtime: runtime.runtime }));
    const mounts = [{ type: 'tmpfs' as const, source: 'tmpfs', target: '/x', options: ['size=nonsense'] }];
    const error = await t.throwsAsync(bench.run(['true'], { mounts }), { code: 'EXECUTOR_FAILED' });
    t.regex(error?.message ?? '', /tmpfs|\/x/);
    t.deepEqual(readdirSync(join(bench.dir, 'store/tmp')), []);
    t.false(existsSync(join(bench.root, 'x')));
  }
});

test('what crun has not read of a terminal is output, and no failure', (t) => {
  t.is(unreadOutput('/dev/pts/0\r\n$ \n', 3), '/dev/pts/0\r\n$ ');
  t.is(unreadOutput('line\r\n\n', 1), 'line\r\n');
  t.is(unreadOutput('open `/x`: No such file or directory\n', 1), undefined);
  t.is(unreadOutput('', 0), undefined);
});

withHost(`a terminal's output is whole, however soon its process ends${note}`, async (t) => {
  if (crun.kind === 'none') throw new Error(crun.reason);
  const { runtime } = crun;
  const bench = await ExecutorBench.start(t, (root) => new OciExecutor(root, { runtime }));
  const outcomes = Array.from({ length: 12 }, async () => {
    let text = '';
    const take = (chunk: Uint8Array): void => {
      text += Buffer.from(chunk).toString();
    };
    const io = { stdout: take, stderr: () => undefined };
    const { exit } = await bench.hold(
      bench.spec(['sh', '-c', 'echo first; echo last; exit 3'], { terminal: { columns: 80, rows: 25 } }),
      io,
    );
    return [(await exit).exitCode, text];
  });
  t.deepEqual(await Promise.all(outcomes), Array(12).fill([3, 'first\r\nlast\r\n']));
});

test('a log without an error is no failure', (t) => {
  t.is(readFailure('', 'crun'), undefined);
  t.is(readFailure('{"level":"warning","msg":"hm"}\n', 'runc'), undefined);
  t.is(readFailure('{"level":"error","msg":"no"}\n{"level":"warning","msg":"hm"}\n', 'runc'), 'no');
  t.is(readFailure('cannot do it\n', 'crun'), 'cannot do it');
  t.deepEqual([logFormat('crun'), logFormat('runc')], ['text', 'json']);
});

function openRunc(root: string): OciExecutor {
  if (runc.kind === 'none') throw new Error(runc.reason);
  return new OciExecutor(root, { runtime: runc.runtime });
}

async function run(executor: OciExecutor, spec: ProcessSpec): ReturnType<OciExecutor['run']> {
  const io: ProcessIO = { stdout: () => undefined, stderr: () => undefined };
  return await executor.run(spec, io);
}
