import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { once, onEach } from './container-bench.ts';

onEach(test, 'containers share a volume, and one that is read-only cannot be written', async (t, bench) => {
  const writer = 'echo from one > /data/file; while [ ! -e /data/answer ]; do sleep 0.1; done; cat /data/answer';
  await bench.must(['run', '-d', '--name', 'one', '-v', 'shared:/data', 'busybox', 'sh', '-c', writer]);
  const reader = 'while [ ! -e /mine/file ]; do sleep 0.1; done; cat /mine/file; echo from two > /mine/answer';
  t.deepEqual(await bench.transcript(['run', '--rm', '-v', 'shared:/mine', 'busybox', 'sh', '-c', reader]), ['from one']);
  t.deepEqual(await bench.transcript(['wait', 'one']), ['0']);
  t.deepEqual(await bench.transcript(['logs', 'one']), ['from two']);
  const denied = await bench.transcript(['run', '--rm', '-v', 'shared:/data:ro', 'busybox', 'touch', '/data/x']);
  t.regex(denied.join(), /Read-only file system.*exit 1/);
  t.deepEqual(await bench.transcript(['volume', 'rm', 'shared']), ['Error: remove shared: volume is in use - [<id>]', 'exit 1']);
});

onEach(test, 'a directory of the host is seen, and made where it is missing', async (t, bench) => {
  mkdirSync(bench.path('given'));
  writeFileSync(bench.path('given/file'), 'host');
  const mounts = [
    '-v',
    `${bench.path('given')}:/a`,
    '-v',
    './made:/b',
    '--mount',
    `type=bind,src=${bench.path('given')},dst=/c,readonly`,
    '--tmpfs',
    '/d:size=1m',
  ];
  t.deepEqual(
    await bench.transcript([
      'run',
      '--rm',
      ...mounts,
      'busybox',
      'sh',
      '-c',
      'cat /a/file; echo; echo x > /b/y; touch /c/z; mount | grep -c " /d "',
    ]),
    ['host', '1', 'touch: /c/z: Read-only file system'],
  );
  t.is(readFileSync(bench.path('made/y'), 'utf8'), 'x\n');
});

onEach(test, 'VOLUME brings the content of the image along, with its owners, and goes with -v', async (t, bench) => {
  bench.write({
    'context/Dockerfile':
      'FROM busybox\nRUN mkdir /data && echo image > /data/file && chown -R 1000:2000 /data && chmod 750 /data\nVOLUME /data\n',
  });
  await bench.must(['build', '-q', '-t', 'vol', 'context']);
  const look = 'cat /data/file; stat -c "%a %u:%g" /data; stat -c "%u" /data/file';
  t.deepEqual(await bench.transcript(['run', '--name', 'one', 'vol', 'sh', '-c', look]), ['image', '750 1000:2000', '1000']);
  t.deepEqual(await bench.transcript(['run', '--name', 'two', '-v', 'named:/data', 'vol', 'sh', '-c', `${look}; echo more > /data/file`]), [
    'image',
    '750 1000:2000',
    '1000',
  ]);
  t.deepEqual(await bench.transcript(['run', '--rm', '-v', 'named:/data', 'vol', 'cat', '/data/file']), ['more']);
  t.deepEqual(await bench.transcript(['volume', 'ls', '-q']), ['<id>', 'named']);
  t.deepEqual(await bench.transcript(['rm', '-v', 'one', 'two']), ['one', 'two']);
  t.deepEqual(await bench.transcript(['volume', 'ls', '-q']), ['named']);
});

once(test, 'volumes are made, listed, shown and removed in the words of docker', async (t, bench) => {
  const volume = (...args: readonly string[]) => bench.transcript(['volume', ...args]);
  t.deepEqual(await volume('create', '--label', 'tier=db', 'data'), ['data']);
  t.deepEqual(await volume('create', 'other'), ['other']);
  t.deepEqual(await volume('ls'), ['DRIVER  VOLUME NAME', 'local  data', 'local  other']);
  t.deepEqual(await volume('ls', '-q', '-f', 'label=tier=db'), ['data']);
  t.deepEqual(await volume('inspect', '-f', '{{.Name}} {{.Driver}} {{.Labels.tier}}', 'data'), ['data local db']);
  t.deepEqual((await volume('inspect', 'none')).slice(0, 2), ['[]', 'Error: get none: no such volume']);
  t.deepEqual(await volume('create', '-o', 'type=nfs', 'x').then((said) => said.at(-1)), 'exit 2');
  t.deepEqual(await volume('rm', 'other'), ['other']);
  const pruned = await volume('prune', '-f');
  t.deepEqual(pruned, ['Total reclaimed space: 0B'], 'a volume with a name is not pruned');
  t.deepEqual((await volume('prune', '-af')).slice(0, 2), ['Deleted Volumes:', 'data']);
  t.deepEqual(
    (await bench.varve(['volume', 'prune', '-a'], { input: 'n\n' })).stdout,
    'WARNING! This will remove all local volumes not used by at least one container.\nAre you sure you want to continue? [y/N] ',
  );
});
