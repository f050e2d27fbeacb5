import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mount, unmount } from '../../system/index.ts';
import type { Claim } from '../executor-contract.ts';
import { checkHost, type ExecutorBench, uniqueSleep } from './executor-bench.ts';

/** Processes that are told of before their root is there. */
export function expectClaims(claim: Claim): void {
  claim(
    'an expected process sees its root, which was mounted since, and nothing of the host',
    async (t, bench) => {
      const root = join(bench.dir, 'later');
      mkdirSync(root);
      await using expected = bench.executor.expect?.({ network: 'none' });
      mount({ source: bench.root, target: root, type: 'bind' });
      try {
        const script = 'echo $$; cat /proc/net/dev | grep -c :; ls /tmp; echo kept > /tmp/kept; grep -c later /proc/self/mountinfo';
        writeFileSync(join(bench.root, 'tmp/here'), '');
        const started: boolean[] = [];
        const io = { started: () => void started.push(existsSync(join(bench.root, 'tmp/kept'))) };
        const { stdout, exitCode } = await bench.sh(`sleep 0.2; ${script}`, { root, network: 'none' }, io, expected);
        t.deepEqual(started, [false]);
        t.regex(stdout, /^[0-9]{1,2}\n1\nhere\n0\n$/);
        t.is(exitCode, 1); // grep has found nothing
        t.is((await bench.sh('cat /tmp/kept', { root, network: 'none' }, {}, expected)).stdout, 'kept\n', 'once more');
      } finally {
        await unmount(root);
      }
      checkHost(t, bench);
    },
    unlessExpects,
  );

  claim(
    'what was expected may be another process in the end, be stopped, or not come at all',
    async (t, bench) => {
      const { executor } = bench;
      const before = childCount();
      await using none = executor.expect?.({ network: 'none' });
      await none?.[Symbol.asyncDispose]();
      await using other = executor.expect?.({ network: 'none' });
      t.is((await bench.sh('echo other', { network: 'host' }, {}, other)).stdout, 'other\n');
      await other?.[Symbol.asyncDispose]();
      await using stopped = executor.expect?.({ network: 'none' });
      const reason = new Error('enough');
      const abort = new AbortController();
      const running = bench.sh(
        `echo up; sleep ${uniqueSleep()}`,
        { network: 'none' },
        { signal: abort.signal, stdout: () => abort.abort(reason) },
        stopped,
      );
      t.is(await t.throwsAsync(running), reason);
      await stopped?.[Symbol.asyncDispose]();
      t.is(childCount(), before);
      checkHost(t, bench);
    },
    unlessExpects,
  );
}

const unlessExpects = ({ executor }: ExecutorBench): string | undefined =>
  executor.expect === undefined ? `${executor.name} begins nothing before` : undefined;

/** Children of this process. */
const childCount = (): number =>
  readdirSync('/proc/self/task').flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean))
    .length;
