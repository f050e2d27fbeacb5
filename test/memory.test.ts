import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { Workbench } from './helpers/varve.ts';

const GIBIBYTE = 2 ** 30;
const LIMIT = 200; // MB of resident memory

/** Peak resident memory of a process so far, in MB, by the kernel's own count. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0; // it has ended
  }
}

/** Runs a command and watches its peak. */
async function peakWhile(bench: Workbench, args: readonly string[]): Promise<number> {
  let peak = 0;
  let pid = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, peakOf(pid));
  }, 20);
  try {
    await bench.must(args, {
      started: (id = 0) => {
        pid = id;
      },
    });
  } finally {
    clearInterval(watching);
  }
  return peak;
}

test('copying a file of 2 GiB, saving it and loading the archive stay below 200 MB', async (t) => {
  t.timeout(600_000);
  using bench = new Workbench();
  bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY big /\n' });
  writeFileSync(bench.path('context/big'), 'not all zeros');
  truncateSync(bench.path('context/big'), 2 * GIBIBYTE);
  const archive = bench.path('big.tar');
  const peaks = {
    build: await peakWhile(bench, ['build', '-t', 'big', 'context']),
    save: await peakWhile(bench, ['save', '-o', archive, 'big']),
    load: await peakWhile(bench, ['--root', bench.path('other'), 'load', '-i', archive]),
  };
  t.log(peaks);
  for (const [what, peak] of Object.entries(peaks)) t.true(peak > 20 && peak < LIMIT, `${what} took ${peak} MB`);
});
