import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../helpers/varve.ts';
import { type ContainerBench, once } from './container-bench.ts';

const COUNT = 50;
/** Commands at once: each is a process of its own, and so is each supervisor that it leaves. */
const AT_ONCE = 8;

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

/** Processes that have anything to do with a store. */
const processesOf = async ({ root }: ContainerBench): Promise<readonly string[]> =>
  (await run('pgrep', ['-af', root])).stdout.split('\n').filter((line) => line !== '' && !line.includes('pgrep'));
const mountsOf = ({ root }: ContainerBench): readonly string[] =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(root));
const namesIn = (...path: readonly string[]): readonly string[] => readdirSync(join(...path));

once(test, `${COUNT} containers are started and removed in parallel, and nothing is left of them`, async (t, bench) => {
  const numbers = Array.from({ length: COUNT }, (_, i) => i);
  await inParallel(numbers, (i) =>
    bench.must(['run', '-d', '--name', `crowd-${i}`, '-v', '/data', 'busybox', 'sh', '-c', `echo ${i} > /data/number; exec sleep 600`]),
  );
  t.is((await bench.transcript(['ps', '-q', '--filter', 'name=crowd'])).length, COUNT);
  t.deepEqual(mountsOf(bench), [], 'what containers mount is in namespaces of their own');
  const groups = Array.from({ length: AT_ONCE }, (_, group) => numbers.filter((i) => i % AT_ONCE === group).map((i) => `crowd-${i}`));
  await inParallel(groups, (names) => bench.must(['rm', '-f', '-v', ...names])); // each removes its own at once
  t.deepEqual(await bench.transcript(['ps', '-aq']), []);
  t.deepEqual(await processesOf(bench), []);
  t.deepEqual(mountsOf(bench), []);
  t.deepEqual(namesIn(bench.root, 'containers'), []);
  t.deepEqual(namesIn(bench.root, 'volumes'), []);
  t.deepEqual(namesIn(bench.root, 'snapshots/overlay2/active'), []);
});

once(test, 'of several that want one name, one gets it', async (t, bench) => {
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => bench.varve(['create', '--name', 'wanted', 'busybox', 'true'])));
  t.deepEqual(outcomes.map(({ code }) => code).sort(), [0, 1, 1, 1, 1]);
  const refused = outcomes.find(({ code }) => code !== 0)?.stderr ?? '';
  t.regex(refused, /Conflict\. The container name "\/wanted" is already in use by container/);
  t.is(namesIn(bench.root, 'containers').length, 1);
  t.is(namesIn(bench.root, 'snapshots/overlay2/active').length, 1);
});

once(test, 'a container that several start at once is started once', async (t, bench) => {
  await bench.must(['create', '--name', 'one', '-v', 'data:/data', 'busybox', 'sh', '-c', 'echo started >> /data/log; exec sleep 600']);
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => bench.varve(['start', 'one'])));
  t.deepEqual(outcomes, Array(4).fill({ code: 0, stdout: 'one\n', stderr: '' }));
  t.deepEqual(await bench.transcript(['ps', '--format', '{{.State}}']), ['running']);
  t.deepEqual(await bench.transcript(['exec', 'one', 'cat', '/data/log']), ['started']);
});
