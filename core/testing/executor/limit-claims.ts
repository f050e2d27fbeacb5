import type { ProcessSpec } from '../../src/contracts/executor.ts';
import type { Claim } from '../executor-contract.ts';
import { checkHost } from './executor-bench.ts';
import { hold, Input, WAIT } from './held.ts';
import { unlessHas } from './when.ts';

const MiB = 1024 * 1024;

/** What a container may use, and what happens when it wants more. */
export function limitClaims(claim: Claim): void {
  const GROWING = 'x=0123456789; while :; do x=$x$x; done';

  claim(
    'a process that needs more memory than it may use is killed: 137',
    async (t, bench) => {
      const limits = { memory: 32 * MiB };
      for (const result of [
        await (await hold(bench, GROWING, { spec: { limits } })).end(),
        await bench.executor.run(bench.spec(['sh', '-c', GROWING], { limits }), { stdout: () => undefined, stderr: () => undefined }),
      ]) {
        t.is(result.exitCode, 137);
        t.true(result.outOfMemory);
      }
      checkHost(t, bench);
    },
    unlessHas('start', 'memory'),
  );

  claim(
    'a child that needs more memory is killed alone, and the container says so',
    async (t, bench) => {
      const { exitCode, outOfMemory, text } = await (
        await hold(bench, `sh -c '${GROWING}'; echo "ended with $?"`, { spec: { limits: { memory: 32 * MiB } } })
      ).end();
      t.is(exitCode, 0);
      t.true(outOfMemory);
      t.regex(text, /ended with 137/);
    },
    unlessHas('start', 'memory'),
  );

  claim(
    'more processes than allowed cannot be started',
    async (t, bench) => {
      const script = (count: number) => `for i in $(seq ${count}); do sleep 0.2 & done; wait; echo all`;
      const limits = { pids: 6 };
      t.is((await bench.sh('sleep 0 & sleep 0 & sleep 0 & wait; echo all', { limits })).stdout, 'all\n');
      const { stdout, stderr, exitCode } = await bench.sh(script(12), { limits });
      t.not(exitCode, 0);
      t.is(stdout, '');
      t.regex(stderr, /fork/);
    },
    unlessHas('pids'),
  );

  claim(
    'limits are told with what is used',
    async (t, bench) => {
      const limits = { memory: 64 * MiB, pids: 50 };
      const container = await hold(bench, WAIT, { spec: { limits }, io: { stdin: new Input() } });
      await container.until(/ready/);
      const { memoryLimit, pidsLimit } = await container.process.stats();
      t.deepEqual({ memory: memoryLimit, pids: pidsLimit }, limits);
      container.process.signal('SIGKILL');
      await container.end();
    },
    unlessHas('start', 'memory', 'pids', 'stats'),
  );

  claim(
    'a part of a processor is no more than that part',
    async (t, bench) => {
      // As long as it is throttled the process lags behind: real time goes by faster than its own.
      const container = await hold(bench, 'echo ready; while :; do :; done', { spec: { limits: { cpus: 0.1 } } });
      await container.until(/ready/);
      const before = { at: performance.now(), ...(await container.process.stats()) };
      await new Promise((done) => setTimeout(done, 1000));
      const used = ((await container.process.stats()).cpu ?? 0) - (before.cpu ?? 0);
      t.true(used < (performance.now() - before.at) * 1e6 * 0.1 + 30e6, `${used / 1e6} ms`);
      container.process.signal('SIGKILL');
      await container.end();
    },
    unlessHas('start', 'cpus', 'stats'),
  );

  claim('what an executor cannot give is refused by its name, before anything starts', async (t, bench) => {
    const requests: Readonly<Record<string, Partial<ProcessSpec>>> = {
      terminal: { terminal: { columns: 80, rows: 25 } },
      readOnly: { readOnly: true },
      privileged: { privileged: true },
      capabilities: { capabilities: { add: ['SYS_PTRACE'] } },
      devices: { devices: [{ source: '/dev/null', target: '/dev/other', permissions: 'rwm' }] },
      hooks: { hooks: [{ when: 'createRuntime', path: '/bin/sh', args: ['sh', '-c', 'while read -r _; do :; done'] }] }, // crun fails when one ends before it has read its input
      init: { init: true },
      noNewPrivileges: { noNewPrivileges: true },
      ports: { ports: [{ protocol: 'tcp', port: 8080, containerPort: 80 }] },
      memory: { limits: { memory: 64 * MiB } },
      cpus: { limits: { cpus: 1 } },
      pids: { limits: { pids: 100 } },
    };
    for (const [feature, changes] of Object.entries(requests)) {
      if (bench.executor.capabilities.features?.some((each) => each === feature) === true) {
        t.is((await bench.sh('exit 4', changes)).exitCode, 4, feature);
        continue;
      }
      const error = await t.throwsAsync(bench.sh('exit 4', changes), { code: 'EXECUTOR_UNSUPPORTED' }, feature);
      t.regex(error?.message ?? '', new RegExp(`^The executor "${bench.executor.name}" cannot `));
      t.regex((error as { hint?: string }).hint ?? '', /\w/);
    }
    checkHost(t, bench);
  });

  claim('a port under its own number is no affair of an executor whose network is the host’s', async (t, bench) => {
    const ports = [{ protocol: 'tcp' as const, port: 8080, containerPort: 8080 }];
    t.is((await bench.sh('exit 4', { ports, network: 'host' })).exitCode, 4);
    if (bench.executor.capabilities.features?.includes('ports') === true) return;
    await t.throwsAsync(bench.sh('exit 4', { ports: ports.map((port) => ({ ...port, address: '127.0.0.1' })) }), {
      code: 'EXECUTOR_UNSUPPORTED',
    });
    const failure = await t.throwsAsync(bench.sh('exit 4', { ports, network: 'none' }));
    t.regex((failure as { code?: string }).code ?? '', /^EXECUTOR_(UNSUPPORTED|NETWORK)$/);
  });

  for (const [what, limits] of [
    ['a processor that is not there', { cpuset: '4000' }],
    ['no time at all', { cpus: 0.000001 }],
  ] as const)
    claim(
      `${what} is refused in a sentence`,
      async (t, bench) => {
        const error = await t.throwsAsync(bench.sh('true', { limits }), { code: 'CGROUP_LIMIT' });
        t.regex(error?.message ?? '', /cpu/);
        checkHost(t, bench);
      },
      unlessHas('cpus'),
    );
}
