import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from '../executor-contract.ts';
import { startProcess } from '../killed-process.ts';
import { checkHost, processesWith, uniqueSleep } from './executor-bench.ts';
import { execute, hold } from './held.ts';
import { unlessHas } from './when.ts';

/** A container whose clock stands still. */
export function pauseClaims(claim: Claim, module: string): void {
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
}
