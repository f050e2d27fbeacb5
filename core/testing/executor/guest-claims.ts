import { readlinkSync } from 'node:fs';
import type { Claim } from '../executor-contract.ts';
import { checkHost, processesWith, uniqueSleep } from './executor-bench.ts';
import { execute, hold, Input, stop, WAIT } from './held.ts';
import { unlessHas } from './when.ts';

const entered = unlessHas('start', 'exec');
const WAITING = { io: { stdin: new Input() } };

/** Other processes in a container that is held. */
export function guestClaims(claim: Claim): void {
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
}

const namespaceOf = (pid: number, kind: string): string => readlinkSync(`/proc/${pid}/ns/${kind}`);
