import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { Workbench } from './helpers/varve.ts';

const FILES = 20_000;
const SIZE = 10_000;
const LIMIT = 180; // MB of resident memory

/** Peak resident memory of a process so far, in MB; 0 when it has ended. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}

async function peakOfBuild(bench: Workbench): Promise<number> {
  let [peak, pid] = [0, 0];
  const watching = setInterval(() => {
    peak = Math.max(peak, peakOf(pid));
  }, 20);
  const started = (id = 0) => {
    pid = id;
  };
  await bench.must(['build', '-t', 'tree', 'context'], { started }).finally(() => clearInterval(watching));
  return peak;
}

test('copying 20,000 files, and finding them unchanged, stay below 180 MB', async (t) => {
  t.timeout(240_000);
  using bench = new Workbench();
  for (let number = 0; number < FILES; number++) {
    const dir = bench.path('context/tree', String(Math.floor(number / 20)));
    if (number % 20 === 0) mkdirSync(dir, { recursive: true });
    writeFileSync(`${dir}/file-${number}`, Buffer.alloc(SIZE, number));
  }
  bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY tree /tree\n' });
  const peaks = { cold: await peakOfBuild(bench), again: await peakOfBuild(bench) };
  t.log(peaks);
  for (const [what, peak] of Object.entries(peaks)) t.true(peak > 20 && peak < LIMIT, `${what} took ${peak} MB`);
});
