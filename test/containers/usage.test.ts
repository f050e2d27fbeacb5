import test from 'ava';
import { mustRun } from '../helpers/varve.ts';
import { once, onEach } from './container-bench.ts';

const megabytes = (count: number) => `dd if=/dev/urandom of=/big bs=1048576 count=${count} 2>/dev/null`;

onEach(test, 'system df counts what containers and volumes take, and du agrees', async (t, bench) => {
  await bench.must(['run', '--name', 'one', '-v', 'data:/data', 'busybox', 'sh', '-c', `${megabytes(3)}; cp /big /data`]);
  const rows = (await bench.must(['system', 'df', '--format', '{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}'])).trim().split('\n');
  const [type, total, active, size = ''] = rows.find((row) => row.startsWith('Containers'))?.split('|') ?? [];
  t.deepEqual([type, total, active], ['Containers', '1', '0']);
  t.regex(size, /^[3-9](\.\d+)?MB$/);
  t.regex(rows.find((row) => row.startsWith('Local Volumes')) ?? '', /^Local Volumes\|1\|1\|3\.\d+MB$/);
  const sizes = rows
    .map((row) => row.split('|')[3] ?? '')
    .map((text) => Number.parseFloat(text) * (text.endsWith('MB') ? 1e6 : text.endsWith('kB') ? 1e3 : 1));
  const counted = sizes.reduce((sum, each) => sum + each, 0);
  const onDisk = Number((await mustRun('du', ['-s', '-B1', bench.root])).split('\t')[0]);
  t.true(Math.abs(counted - onDisk) < onDisk * 0.02, `${counted} and ${onDisk}`);
});

once(test, 'prune leaves what runs, and what a container uses', async (t, bench) => {
  await bench.must(['run', '-d', '--name', 'up', '-v', '/anonymous', 'busybox', 'sleep', '600']);
  await bench.must(['run', '--name', 'down', '-l', 'keep=me', 'busybox', 'true']);
  await bench.must(['run', '--name', 'gone', 'busybox', 'true']);
  const pruned = await bench.transcript(['container', 'prune', '-f', '--filter', 'label!=keep']);
  t.deepEqual(pruned, ['Deleted Containers:', '<id>', 'Total reclaimed space: 0B']);
  t.deepEqual(await bench.transcript(['ps', '-a', '--format', '{{.Names}}']), ['down', 'up']);
  const all = await bench.transcript(['system', 'prune', '-f', '-a', '--volumes']);
  t.is(all[0], 'Deleted Containers:');
  t.deepEqual(await bench.transcript(['ps', '-a', '--format', '{{.Names}} {{.State}}']), ['up running']);
  t.deepEqual(await bench.transcript(['images', '--format', '{{.Repository}}']), ['busybox']);
  t.deepEqual(await bench.transcript(['volume', 'ls', '-q']), ['<id>']);
  t.deepEqual(await bench.transcript(['exec', 'up', 'true']), []);
  await bench.must(['rm', '-f', '-v', 'up']);
  t.deepEqual(await bench.transcript(['volume', 'ls', '-q']), []);
});

once(test, 'a running container keeps no collection waiting', async (t, bench) => {
  await bench.must(['run', '-d', '--name', 'up', 'busybox', 'sleep', '600']);
  await bench.must(['gc', '--keep', '1']);
  t.deepEqual(await bench.transcript(['exec', 'up', 'ls', '/bin/busybox']), ['/bin/busybox']);
  await bench.must(['restart', '-t', '0', 'up']);
  t.deepEqual(await bench.transcript(['ps', '--format', '{{.Names}}']), ['up']);
});
