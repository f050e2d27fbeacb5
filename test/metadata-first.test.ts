import { chownSync, existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { DEBIAN, mustRun, VARVE, Workbench } from './helpers/varve.ts';

const DOCKERFILE = ['FROM debian:bookworm', 'COPY --chown=www-data:www-data app /srv/app/', 'WORKDIR /srv/app', 'CMD ["./start"]', ''].join(
  '\n',
);
const files = { 'context/Dockerfile': DOCKERFILE, 'context/app/start': '#!/bin/sh\n', 'context/app/sub/data': 'x'.repeat(100_000) };

/** The kinds of events of a build, counted. */
async function eventsOf(bench: Workbench, args: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const { code, stderr } = await bench.varve(['build', '--progress=rawjson', ...args]);
  if (code !== 0) throw new Error(stderr);
  const counts: Record<string, number> = {};
  for (const line of stderr.trim().split('\n')) {
    const { type } = JSON.parse(line);
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

test.serial('FROM, COPY, WORKDIR and CMD open no snapshot, mount nothing and unpack nothing', async (t) => {
  t.timeout(300_000);
  using bench = new Workbench();
  await bench.importDebian();
  bench.write(files);
  const events = await eventsOf(bench, ['-t', 'app', 'context']);
  t.is(events['build-finished'], 1);
  for (const type of ['snapshot-opened', 'snapshot-committed', 'mounted', 'layer-unpacked']) t.is(events[type], undefined);
  t.false(existsSync(bench.path('root/snapshots')));
});

test.serial('an ordinary user builds the same image from them', async (t) => {
  t.timeout(300_000);
  using bench = new Workbench();
  const user = 65534;
  chownSync(bench.folder, user, user);
  const env = { SOURCE_DATE_EPOCH: '1700000000', HOME: bench.folder };
  const must = async (args: readonly string[]) => {
    const outcome = await bench.varve(args, { uid: user, env });
    if (outcome.code !== 0) throw new Error(outcome.stderr);
    return outcome.stdout;
  };
  bench.write(files);
  await must(['import', DEBIAN, 'debian:bookworm']);
  await must(['build', '-t', 'app', 'context']);
  const [image] = JSON.parse(await must(['inspect', 'app']));
  const layer = image.RootFS.Layers[1].slice('sha256:'.length);
  const listing = await mustRun('tar', ['-tvf', bench.path('root/blobs/sha256', layer)]);
  t.regex(listing, /33\/33\s+\d+ .* srv\/app\/start/);
});

test.serial('a rebuild without changes opens no snapshot and reads no file of the context', async (t) => {
  t.timeout(300_000);
  using bench = new Workbench();
  await bench.importBusybox();
  bench.write({ ...files, 'context/Dockerfile': 'FROM busybox\nCOPY app /app\nRUN echo hi > /app/made\n' });
  const first = await eventsOf(bench, ['context']);
  t.is(first['step-cached'], undefined);
  await new Promise((done) => setTimeout(done, 1_100));
  await eventsOf(bench, ['context']);
  const again = await eventsOf(bench, ['context']);
  t.is(again['step-cached'], 2);
  t.is(again['files-hashed'], undefined);
  t.is(again['snapshot-opened'], undefined);

  t.deepEqual(await filesRead(bench, bench.path('context/app')), []);
});

test.serial('a rebuild without changes reads no file of a stage that is copied from', async (t) => {
  t.timeout(300_000);
  using bench = new Workbench();
  await bench.importBusybox();
  bench.write({ 'context/Dockerfile': 'FROM busybox AS made\nRUN echo hi > /bin/made\nFROM scratch\nCOPY --from=made /bin /bin\n' });
  await bench.must(['build', 'context']);
  const [image] = JSON.parse(await bench.must(['inspect', 'busybox']));
  t.deepEqual(await filesRead(bench, bench.path('root/snapshots')), []);
  t.deepEqual(await filesRead(bench, image.RootFS.Layers[0].slice('sha256:'.length)), []);
});

/** The files of a place that a build of `context` opens. */
async function filesRead(bench: Workbench, place: string): Promise<readonly string[]> {
  const trace = bench.path('trace');
  const command = [process.execPath, ...VARVE, '--root', bench.root, 'build', bench.path('context')];
  await mustRun('strace', ['-f', '-e', 'trace=open,openat,openat2', '-o', trace, ...command]);
  const lines = readFileSync(trace, 'utf8').split('\n');
  return lines.filter((line) => line.includes(place) && !line.includes('O_DIRECTORY') && !/index\/[0-9a-f]{64}/.test(line));
}
