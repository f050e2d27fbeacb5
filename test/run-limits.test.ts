import { groupFeatures } from '@varve/core/system';
import anyTest from 'ava';
import { Workbench } from './helpers/varve.ts';

/** Needs control groups that this process may change. */
const test = process.getuid?.() === 0 && groupFeatures().includes('memory') ? anyTest : anyTest.skip;

const bench = new Workbench();
anyTest.before(() => bench.importBusybox());
anyTest.after.always(() => bench[Symbol.dispose]());

test('--memory ends a RUN that wants more', async (t) => {
  const context = bench.write(
    { Dockerfile: 'FROM busybox\nRUN set -o pipefail; head -c 100000000 /dev/zero | tail -c 100000000 | wc -c\n' },
    'context',
  );
  const limited = await bench.varve(['build', '--progress=plain', '-m', '24m', '--memory-swap', '24m', context]);
  t.is(limited.code, 137, limited.stderr);
  t.regex(limited.stderr, /exit code: 137/);
  const free = await bench.varve(['build', '--progress=plain', '--no-cache', '-m', '1g', '--cpu-quota=200000', context]);
  t.is(free.code, 0, free.stderr);
  t.regex(free.stderr, /100000000/);
});
