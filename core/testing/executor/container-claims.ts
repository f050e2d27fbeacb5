import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from '../executor-contract.ts';
import { checkHost, processesWith, scan, uniqueSleep } from './executor-bench.ts';
import { execute, Heard, hold, Input, stop, WAIT } from './held.ts';
import { unlessHas } from './when.ts';

const held = unlessHas('start');
const entered = unlessHas('start', 'exec');
const WAITING = { io: { stdin: new Input() } };

/** A process that is held: started, looked at, talked to, ended. */
export function containerClaims(claim: Claim): void {
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

/** Names of the control groups that an executor has made for a process. */
const groupsOf = (pid: number): readonly string[] => [
  ...new Set([...readFileSync(`/proc/${pid}/cgroup`, 'utf8').matchAll(/:\/varve\/([^/\n]+)/g)].map(([, name = '']) => name)),
];

const isThere = (name: string): boolean =>
  readdirSync('/sys/fs/cgroup').some((each) => existsSync(join('/sys/fs/cgroup', each, 'varve', name))) ||
  existsSync(join('/sys/fs/cgroup/varve', name));
