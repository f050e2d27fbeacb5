import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim } from '../executor-contract.ts';
import { startProcess } from '../killed-process.ts';
import { checkHost, processesWith, scan, uniqueSleep } from './executor-bench.ts';
import { unlessIsolated } from './when.ts';

/** That everything ends with the process, the call and the caller. */
export function endClaims(claim: Claim, module: string): void {
  claim('what a process leaves behind ends with it', async (t, bench) => {
    const time = uniqueSleep();
    await bench.sh(`sleep ${time} & setsid sleep ${time} & (setsid sh -c "sleep ${time} & sleep ${time}" &) ; sleep 0.2`);
    t.deepEqual(processesWith(time), []);
    checkHost(t, bench);
  });

  claim('an abort kills the whole tree, and leaves nothing', async (t, bench) => {
    const root = bench.makeRoot('aborted', []);
    const before = scan(root);
    const time = uniqueSleep();
    const controller = new AbortController();
    const reason = new Error('enough');
    const script = `trap "" TERM INT; sleep ${time} & setsid sh -c "trap '' TERM; sleep ${time}" & echo ready; while :; do sleep ${time}; done`;
    const run = bench.sh(script, { root }, { signal: controller.signal, stdout: () => controller.abort(reason) });
    t.is(await t.throwsAsync(run), reason);
    t.deepEqual(processesWith(time), []);
    t.deepEqual(scan(root), before);
    checkHost(t, bench);
  });

  for (const wait of [0, 1, 5, 10, 20, 40])
    claim(`an abort ${wait} ms after the start leaves nothing`, async (t, bench) => {
      const time = uniqueSleep();
      const controller = new AbortController();
      const run = bench.run(['sleep', time], {}, { signal: controller.signal });
      const rejected = t.throwsAsync(run, { name: 'AbortError' });
      await sleep(wait);
      controller.abort();
      await rejected;
      t.deepEqual(processesWith(time), []);
      checkHost(t, bench);
    });

  claim('an aborted signal starts nothing', async (t, bench) => {
    await t.throwsAsync(bench.sh('touch /started', {}, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    t.false(existsSync(join(bench.root, 'started')));
  });

  claim(
    'orphans are reaped while the process runs',
    async (t, bench) => {
      const { stdout } = await bench.sh(
        'for i in 1 2 3 4 5; do (sleep 0.05 &); done; sleep 0.5; cat /proc/[0-9]*/stat 2>/dev/null | grep -c "(sleep) Z"',
      );
      t.is(stdout, '0\n');
    },
    unlessIsolated,
  );

  claim('runs beside each other have their own results', async (t, bench) => {
    const codes = [3, 1, 4, 1, 5, 9, 2, 6];
    const results = await Promise.all(codes.map(async (code) => await bench.sh(`echo ${code}; exit ${code}`, { hostname: `host${code}` })));
    t.deepEqual(
      results.map(({ exitCode, stdout }) => [exitCode, stdout]),
      codes.map((code) => [code, `${code}\n`]),
    );
    checkHost(t, bench);
  });

  claim('this process stays who and where it was', async (t, bench) => {
    const identity = (): unknown => [
      process.getuid?.(),
      process.getgid?.(),
      process.getgroups?.(),
      process.cwd(),
      readdirSync('/').length,
      ownStatus(),
    ];
    const before = identity();
    await bench.sh('true', { user: { uid: 1000, gid: 1000, groups: [5] } });
    t.deepEqual(identity(), before);
  });

  claim('files of this process are closed in another', async (t, bench) => {
    const { stdout } = await bench.sh('ls /proc/self/fd | sort | tr "\\n" " "');
    t.is(stdout, '0 1 2 3 '); // 3 is the directory that ls reads
  });

  claim('the end of the caller ends the process', async (t, bench) => {
    const time = uniqueSleep();
    mkdirSync(join(bench.dir, 'caller'));
    const spec = bench.spec(['sh', '-c', `setsid sleep ${time} & echo ready; sleep ${time} & wait`]);
    const script = `
      const [, url, root, spec] = process.argv;
      const { open } = await import(url);
      const executor = await open(root);
      await executor.run(JSON.parse(spec), { stdout: (chunk) => process.stdout.write(chunk), stderr: () => undefined });`;
    const caller = await startProcess(script, [module, join(bench.dir, 'caller'), JSON.stringify(spec)]);
    t.is(caller.line, 'ready');
    t.true(processesWith(time).length > 0);
    await caller.kill();
    for (let i = 0; i < 1000 && processesWith(time).length > 0; i += 1) await sleep(20);
    t.deepEqual(processesWith(time), []);
    t.false(readFileSync('/proc/self/mountinfo', 'latin1').includes(bench.dir));
  });
}

/** Of the main thread: capabilities and signals ignored. */
const ownStatus = (): string =>
  readFileSync('/proc/self/status', 'latin1')
    .split('\n')
    .filter((line) => /^(Cap|Uid|Gid|Groups|SigIgn)/.test(line))
    .join('\n');
