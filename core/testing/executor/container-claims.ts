import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningContainer } from '../../src/contracts/executor.ts';
import type { Claim } from '../executor-contract.ts';
import { startProcess } from '../killed-process.ts';
import { checkHost, processesWith, scan, uniqueSleep } from './executor-bench.ts';
import { execute, Heard, type Held, hold, Input, WAIT } from './held.ts';
import { unlessHas } from './when.ts';

const held = unlessHas('start');
const entered = unlessHas('start', 'exec');
const WAITING = { io: { stdin: new Input() } };

/** A process that is held: started, looked at, talked to, ended. */
export function containerClaims(claim: Claim, module: string): void {
  claim(
    'a held process runs until it ends by itself',
    async (t, bench) => {
      const stdin = new Input();
      const container = await hold(bench, 'echo ready; read -r line; echo "$line"; exit 7', { io: { stdin } });
      await container.until(/ready/);
      t.true(existsSync(`/proc/${container.process.pid}`));
      stdin.send('done\n');
      t.deepEqual(await container.end(), { exitCode: 7, text: 'ready\ndone\n' });
      t.false(existsSync(`/proc/${container.process.pid}`));
      checkHost(t, bench);
    },
    held,
  );

  for (const [what, args, exitCode] of [
    ['is not there', ['nope'], 127],
    ['cannot be executed', ['/plain'], 126],
  ] as const)
    claim(
      `a program that ${what} is not started, and its error has ${exitCode}`,
      async (t, bench) => {
        writeFileSync(join(bench.root, 'plain'), '', { mode: 0o644 });
        const before = scan(bench.root);
        const start = bench.executor.start?.(bench.spec(args), new Heard().io());
        const error = await t.throwsAsync(start ?? Promise.resolve(), { code: 'EXECUTOR_PROGRAM' });
        t.is((error as { exitCode?: number }).exitCode, exitCode);
        t.deepEqual(scan(bench.root), before);
        checkHost(t, bench);
      },
      held,
    );

  claim(
    'another process runs in the container with an environment, a user and a directory of its own',
    async (t, bench) => {
      const container = await hold(bench, `echo here >/tmp/file; ${WAIT}`, WAITING);
      await container.until(/ready/);
      const user = { uid: 1234, gid: 567, groups: [8] };
      const guest = await execute(container, 'cat file; echo "$A $HOME"; id -u; id -G; pwd; umask; exit 3', {
        spec: { env: ['PATH=/bin', 'A=b', 'HOME=/nowhere'], cwd: '/tmp', user },
      });
      t.deepEqual(await guest.end(), { exitCode: 3, text: 'here\nb /nowhere\n1234\n567 8\n/tmp\n0022\n' });
      await stop(container);
      checkHost(t, bench);
    },
    entered,
  );

  claim(
    'another process is in the namespaces of the first',
    async (t, bench) => {
      const container = await hold(bench, WAIT, { spec: { network: 'none' }, ...WAITING });
      await container.until(/ready/);
      const guest = await execute(container, 'sleep 100000');
      for (const kind of ['mnt', 'pid', 'net', 'uts', 'ipc'])
        t.is(namespaceOf(guest.process.pid, kind), namespaceOf(container.process.pid, kind), kind);
      t.deepEqual(
        await container.process.processes(),
        [container.process.pid, guest.process.pid].toSorted((a, b) => a - b),
      );
      guest.process.signal('SIGKILL');
      t.is((await guest.end()).exitCode, 137);
      await stop(container);
      t.deepEqual(await container.process.processes(), []);
    },
    (bench) =>
      entered(bench) ?? (bench.executor.capabilities.networks.includes('none') ? undefined : `${bench.executor.name} does not isolate`),
  );

  claim(
    'another process has input, output and an end of its own',
    async (t, bench) => {
      const container = await hold(bench, WAIT, WAITING);
      await container.until(/ready/);
      const source = async function* () {
        for (let i = 0; i < 20; i += 1) yield Buffer.alloc(100_000, 'x');
      };
      const guest = await execute(container, 'wc -c; echo err >&2', { io: { stdin: source() } });
      t.regex((await guest.end()).text, /^2000000\nerr\n$|^err\n2000000\n$/);
      t.is(container.text, 'ready\n');
      await stop(container);
    },
    entered,
  );

  claim(
    'a program or a directory that is not in the container is an error, and the container runs on',
    async (t, bench) => {
      const container = await hold(bench, WAIT, WAITING);
      await container.until(/ready/);
      const error = await t.throwsAsync(execute(container, '', { spec: { args: ['nope'] } }), { code: 'EXECUTOR_PROGRAM' });
      t.is((error as { exitCode?: number }).exitCode, 127);
      t.regex(error?.message ?? '', /"nope": executable file not found in \$PATH/);
      const lost = await t.throwsAsync(execute(container, 'pwd', { spec: { cwd: '/nowhere' } }), { code: 'EXECUTOR_FAILED' });
      t.regex(lost?.message ?? '', /\/nowhere/);
      t.is((await (await execute(container, 'echo on')).end()).text, 'on\n');
      await stop(container);
    },
    entered,
  );

  claim(
    'what another process leaves behind runs on, and ends with the container',
    async (t, bench) => {
      const time = uniqueSleep();
      const container = await hold(bench, WAIT, WAITING);
      await container.until(/ready/);
      const leaving = await execute(container, `setsid sleep ${time} & echo left`);
      t.deepEqual(await leaving.end(), { exitCode: 0, text: 'left\n' });
      const staying = await execute(container, `echo staying; sleep ${time}; exit 1`);
      await staying.until(/staying/);
      t.true(processesWith(time).length >= 2);
      await stop(container);
      t.is((await staying.end()).exitCode, 137);
      t.deepEqual(processesWith(time), []);
      await t.throwsAsync(execute(container, 'true'), { code: 'EXECUTOR_ENDED' });
      checkHost(t, bench);
    },
    entered,
  );

  claim(
    'signals reach the process that they are sent to',
    async (t, bench) => {
      const script = (code: number) => `trap 'echo heard; exit ${code}' TERM; echo ready; while :; do sleep 0.02; done`;
      const container = await hold(bench, script(5));
      await container.until(/ready/);
      const guest = await execute(container, script(6));
      await guest.until(/ready/);
      guest.process.signal('SIGTERM');
      t.deepEqual(await guest.end(), { exitCode: 6, text: 'ready\nheard\n' });
      t.is(container.text, 'ready\n');
      container.process.signal('SIGTERM');
      t.deepEqual(await container.end(), { exitCode: 5, text: 'ready\nheard\n' });
      container.process.signal('SIGTERM'); // nothing happens
    },
    entered,
  );

  claim(
    'SIGKILL ends the whole container',
    async (t, bench) => {
      const time = uniqueSleep();
      const container = await hold(bench, `setsid sleep ${time} & trap '' TERM; echo ready; sleep ${time}; exit 0`);
      await container.until(/ready/);
      container.process.signal('SIGKILL');
      t.is((await container.end()).exitCode, 137);
      t.deepEqual(processesWith(time), []);
      checkHost(t, bench);
    },
    held,
  );

  claim(
    'an abort ends a container, and one of another process that process alone',
    async (t, bench) => {
      const [all, one] = [new AbortController(), new AbortController()];
      const time = uniqueSleep();
      const container = await hold(bench, `echo ready; sleep ${time}; exit 0`, { io: { signal: all.signal } });
      await container.until(/ready/);
      const guest = await execute(container, `echo guest; sleep ${time}; exit 0`, { io: { signal: one.signal } });
      await guest.until(/guest/);
      const reasons = [new Error('one'), new Error('all')] as const;
      one.abort(reasons[0]);
      t.is(await t.throwsAsync(guest.process.exit), reasons[0]);
      t.true(existsSync(`/proc/${container.process.pid}`));
      all.abort(reasons[1]);
      t.is(await t.throwsAsync(container.process.exit), reasons[1]);
      t.deepEqual(processesWith(time), []);
      checkHost(t, bench);
    },
    entered,
  );

  claim(
    'a paused container stands still, with all its processes, until it is resumed',
    async (t, bench) => {
      const count = 'i=0; while :; do i=$((i+1)); echo $i >/tmp/count; test $i != 1 || echo ready; done';
      const container = await hold(bench, count);
      await container.until(/ready/);
      const counted = (): string => readFileSync(join(bench.root, 'tmp/count'), 'utf8');
      await container.process.pause();
      await container.process.pause();
      const before = counted();
      await new Promise((done) => setTimeout(done, 100));
      t.is(counted(), before);
      await t.throwsAsync(execute(container, 'true'), { code: 'EXECUTOR_PAUSED' });
      await container.process.resume();
      await container.process.resume();
      t.is((await (await execute(container, 'echo on')).end()).text, 'on\n');
      while (counted() === before) await new Promise((done) => setTimeout(done, 5));
      container.process.signal('SIGKILL');
      await container.end();
    },
    unlessHas('start', 'exec', 'pause'),
  );

  for (const how of ['SIGKILL', 'an abort'] as const)
    claim(
      `${how} ends a paused container`,
      async (t, bench) => {
        const time = uniqueSleep();
        const controller = new AbortController();
        const container = await hold(bench, `sleep ${time} & echo ready; wait`, { io: { signal: controller.signal } });
        await container.until(/ready/);
        await container.process.pause();
        if (how === 'SIGKILL') container.process.signal('SIGKILL');
        else controller.abort();
        await container.process.exit.catch(() => undefined);
        t.deepEqual(processesWith(time), []);
        checkHost(t, bench);
      },
      unlessHas('start', 'pause'),
    );

  claim(
    'the end of the caller ends a paused container, too',
    async (t, bench) => {
      const time = uniqueSleep();
      mkdirSync(join(bench.dir, 'caller'));
      const spec = bench.spec(['sh', '-c', `sleep ${time} & echo ready; wait`]);
      const script = `
        const [, url, root, spec] = process.argv;
        const { open } = await import(url);
        const executor = await open(root);
        const ready = Promise.withResolvers();
        const container = await executor.start(JSON.parse(spec), { stdout: () => ready.resolve(), stderr: () => undefined });
        await ready.promise;
        await container.pause();
        console.log('paused');`;
      const caller = await startProcess(script, [module, join(bench.dir, 'caller'), JSON.stringify(spec)]);
      t.is(caller.line, 'paused');
      t.is(processesWith(`sleep ${time}`).length > 0, true);
      await caller.kill();
      for (let i = 0; i < 1000 && processesWith(time).length > 0; i += 1) await new Promise((done) => setTimeout(done, 20));
      t.deepEqual(processesWith(time), []);
    },
    unlessHas('start', 'pause'),
  );

  claim(
    'what a container uses is counted',
    async (t, bench) => {
      const container = await hold(bench, `i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; ${WAIT}`, WAITING);
      await container.until(/ready/);
      const { cpu = 0, memory = 0, pids } = await container.process.stats();
      t.true(cpu > 1_000_000 && memory > 10_000, JSON.stringify({ cpu, memory }));
      t.is(pids, 1);
      await stop(container);
    },
    unlessHas('start', 'stats'),
  );

  claim(
    '20 containers at once are started, entered and ended, and leave nothing',
    async (t, bench) => {
      const groups: string[] = [];
      const time = uniqueSleep();
      const codes = Array.from({ length: 20 }, (_, i) => i);
      const results = await Promise.all(
        codes.map(async (code) => {
          const container = await hold(bench, `setsid sleep ${time} & echo ready; read -r _; exit ${code}`, { io: { stdin: new Input() } });
          await container.until(/ready/);
          groups.push(...groupsOf(container.process.pid));
          const guest = await (await execute(container, `echo ${code}`)).end();
          container.process.signal('SIGKILL');
          return [guest.text, (await container.end()).exitCode];
        }),
      );
      t.deepEqual(
        results,
        codes.map((code) => [`${code}\n`, 137]),
      );
      t.deepEqual(processesWith(time), []);
      t.deepEqual(
        groups.filter((name) => isThere(name)),
        [],
      );
      checkHost(t, bench);
    },
    entered,
  );
}

async function stop(container: Held<RunningContainer>): Promise<void> {
  container.process.signal('SIGKILL');
  await container.end();
}

const namespaceOf = (pid: number, kind: string): string => readlinkSync(`/proc/${pid}/ns/${kind}`);

/** Names of the control groups that an executor has made for a process. */
const groupsOf = (pid: number): readonly string[] => [
  ...new Set([...readFileSync(`/proc/${pid}/cgroup`, 'utf8').matchAll(/:\/varve\/([^/\n]+)/g)].map(([, name = '']) => name)),
];

const isThere = (name: string): boolean =>
  readdirSync('/sys/fs/cgroup').some((each) => existsSync(join('/sys/fs/cgroup', each, 'varve', name))) ||
  existsSync(join('/sys/fs/cgroup/varve', name));
