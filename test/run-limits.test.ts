import { groupFeatures } from '@varve/core/system';
import anyTest from 'ava';
import { Workbench } from './helpers/varve.ts';

const test = process.getuid?.() === 0 ? anyTest : anyTest.skip;
/** Control groups are there, and this process may change them. */
const canLimit = groupFeatures().includes('memory');

const bench = new Workbench();
anyTest.before(() => bench.importBusybox());
anyTest.after.always(() => bench[Symbol.dispose]());

test('--memory ends a RUN that wants more, or a warning says that it cannot', async (t) => {
  const hold = 'head -c 100000000 /dev/zero | tail -c 100000000 | wc -c';
  const context = bench.write({ Dockerfile: `FROM busybox\nRUN set -o pipefail; ${hold}\n` }, 'context');
  const limited = await bench.varve(['build', '--progress=plain', '-m', '24m', '--memory-swap', '24m', context]);
  t.is(limited.code, canLimit ? 137 : 0, limited.stderr);
  t.regex(limited.stderr, canLimit ? /exit code: 137/ : /cannot limit memory/);
  const free = await bench.varve(['build', '--progress=plain', '--no-cache', '-m', '1g', '--cpu-quota=200000', context]);
  t.is(free.code, 0, free.stderr);
  t.regex(free.stderr, /100000000/);
});
