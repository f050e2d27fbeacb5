import { truncateSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { peakWhile } from './helpers/peak-memory.ts';
import { Workbench } from './helpers/varve.ts';

const GIBIBYTE = 2 ** 30;
const LIMIT = 200; // MB of resident memory

/** Runs a command and watches its peak. */
const peakOf = (bench: Workbench, args: readonly string[]): Promise<number> => peakWhile((started) => bench.must(args, { started }));

test('copying a file of 2 GiB, saving it and loading the archive stay below 200 MB', async (t) => {
  t.timeout(600_000);
  using bench = new Workbench();
  bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY big /\n' });
  writeFileSync(bench.path('context/big'), 'not all zeros');
  truncateSync(bench.path('context/big'), 2 * GIBIBYTE);
  const archive = bench.path('big.tar');
  const peaks = {
    build: await peakOf(bench, ['build', '-t', 'big', 'context']),
    save: await peakOf(bench, ['save', '-o', archive, 'big']),
    load: await peakOf(bench, ['--root', bench.path('other'), 'load', '-i', archive]),
  };
  t.log(peaks);
  for (const [what, peak] of Object.entries(peaks)) t.true(peak > 20 && peak < LIMIT, `${what} took ${peak} MB`);
});
