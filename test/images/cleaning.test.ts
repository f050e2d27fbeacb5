import test from 'ava';
import { onEach } from '../containers/container-bench.ts';

interface Details {
  readonly Images: readonly { readonly Repository: string; readonly Containers: string; readonly SharedSize: string }[];
  readonly Containers: readonly {
    readonly Names: string;
    readonly Image: string;
    readonly LocalVolumes: string;
    readonly Status: string;
  }[];
  readonly Volumes: readonly { readonly Name: string; readonly Links: string }[];
}

onEach(test, 'a container in the foreground keeps no collection waiting, and loses nothing by one', async (t, bench) => {
  bench.write({ 'context/Dockerfile': 'FROM busybox\nRUN echo built > /built\n' });
  await bench.must(['build', '-q', '-t', 'app', bench.path('context')]);
  const script = 'until test -e /go; do sleep 0.1; done; cat /built /go';
  const running = bench.varve(['run', '--name', 'front', '-v', 'data:/data', 'app', 'sh', '-c', script]);
  while (!(await bench.must(['ps', '--format', '{{.Names}}'])).includes('front'));

  for (const collect of [
    ['gc', '--keep', '0'],
    ['builder', 'prune', '-af'],
    ['image', 'prune', '-af'],
    ['system', 'prune', '-af', '--volumes'],
  ])
    t.is((await bench.varve(collect)).code, 0, collect.join(' '));
  t.is(await bench.must(['images', '--format', '{{.Repository}}']), 'app\n');

  t.is(await bench.must(['info', '-f', '{{.Containers}} {{.ContainersRunning}} {{.Images}}']), '1 1 1\n');
  const details = JSON.parse(await bench.must(['system', 'df', '-v', '--json'])) as Details;
  t.like(details.Images[0], { Repository: 'app', Containers: '1', SharedSize: '0B' });
  t.like(details.Containers[0], { Names: 'front', Image: 'app', LocalVolumes: '1' });
  t.regex(details.Containers[0]?.Status ?? '', /^Up /);
  t.like(details.Volumes, [{ Name: 'data', Links: '1' }]);
  const headings = (await bench.transcript(['system', 'df', '-v'])).filter((line) => /usage|^[A-Z ]+$/.test(line));
  t.deepEqual(
    headings.map((line) => line.replace(/: .*/, ':')),
    [
      'Images space usage:',
      'REPOSITORY  TAG  IMAGE ID  CREATED  SIZE  SHARED SIZE  UNIQUE SIZE  CONTAINERS',
      'Containers space usage:',
      'CONTAINER ID  IMAGE  COMMAND  LOCAL VOLUMES  SIZE  CREATED  STATUS  NAMES',
      'Local Volumes space usage:',
      'VOLUME NAME  LINKS  SIZE',
      'Build cache usage:',
      'CACHE ID  CACHE TYPE  SIZE  LAST USED  DESCRIPTION',
    ],
  );

  await bench.must(['exec', 'front', 'sh', '-c', 'echo gone > /go']);
  const { code, stdout } = await running;
  t.deepEqual([code, stdout], [0, 'built\ngone\n']);
  await bench.must(['start', '-a', 'front']);
  t.is((await bench.varve(['rmi', 'app'])).code, 1);
});
