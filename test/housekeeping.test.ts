import { readdirSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { mustRun, Workbench } from './helpers/varve.ts';

const DRIVERS = ['overlay2', 'vfs'] as const;

/** Two images from one file, the second on the way to the first's name; a cache mount, logs and snapshots. */
async function filled(bench: Workbench, driver: string): Promise<void> {
  await bench.importBusybox();
  bench.write({
    'context/Dockerfile': [
      'FROM busybox',
      'RUN --mount=type=cache,target=/cache dd if=/dev/urandom of=/cache/a bs=64k count=32 && echo cached',
      'RUN dd if=/dev/urandom of=/big bs=64k count=32',
      'COPY file /file',
      'RUN mkdir -p /many && cd /many && for i in $(seq 500); do echo $i > $i; done',
    ].join('\n'),
    'context/file': 'one',
  });
  await bench.must(['build', '-q', '--storage', driver, '-t', 'app', bench.path('context')]);
  bench.write({ 'context/file': 'two' });
  await bench.must(['build', '-q', '--storage', driver, '-t', 'app', bench.path('context')]);
}

const usage = async (
  bench: Workbench,
  driver: string,
): Promise<Record<string, { TotalCount: string; Size: string; Reclaimable: string }>> => {
  const lines = await bench.must(['system', 'df', '--json'], { env: { VARVE_STORAGE: driver } });
  return Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map((row) => [row.Type, row]),
  );
};
const bytesOf = (text: string): number => {
  const [, number = '', unit = ''] = /^([\d.]+)(B|kB|MB|GB)/.exec(text) ?? [];
  return Number(number) * 1000 ** ['B', 'kB', 'MB', 'GB'].indexOf(unit);
};
const diskUsage = async (path: string): Promise<number> => Number((await mustRun('du', ['-sB1', path])).split('\t')[0]);

for (const driver of DRIVERS) {
  test(`${driver}: system df adds up to what du says, before and after a collection`, async (t) => {
    using bench = new Workbench();
    await filled(bench, driver);
    const agrees = async (when: string) => {
      const sum = Object.values(await usage(bench, driver)).reduce((bytes, { Size }) => bytes + bytesOf(Size), 0);
      const du = await diskUsage(bench.root);
      t.true(Math.abs(sum - du) <= 0.02 * du, `${when}: df ${sum}, du ${du}`);
      return du;
    };
    const before = await agrees('after builds');
    await bench.must(['gc', '--keep', '1MB']);
    t.true((await agrees('after gc')) < before);
    await bench.must(['system', 'prune', '-af']);
    t.true((await agrees('after prune')) < 400_000);
    t.deepEqual(readdirSync(bench.path('root/blobs/sha256')), []);
  });

  test(`${driver}: a collection takes what its plan says, and an image with a name still works afterwards`, async (t) => {
    using bench = new Workbench();
    await filled(bench, driver);
    const plan = (await bench.must(['gc', '--keep', '0', '--plan', '--json']))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.true(plan.some(({ Kind }) => Kind === 'cache-mount'));
    t.true(plan.some(({ Kind, Why }) => Kind === 'snapshot' && Why.includes('nothing needs it')));
    t.false(plan.some(({ Title }) => Title === 'docker.io/library/app:latest'));
    await bench.must(['gc', '--keep', '0']);
    t.deepEqual(await bench.must(['gc', '--keep', '0', '--plan', '--json']), '');
    bench.write({ 'on-top/Dockerfile': 'FROM app\nRUN test $(ls /many | wc -l) = 500 && cat /file > /copy\n' });
    await bench.must(['build', '-q', '--storage', driver, '-t', 'top', bench.path('on-top')]);
    await bench.must(['save', '-o', bench.path('app.tar'), 'app']);
  });
}

test('what was built last is found again after a collection that fits it', async (t) => {
  using bench = new Workbench();
  await filled(bench, 'overlay2');
  await bench.must(['gc', '--keep', '1GB']);
  const { stderr } = await bench.varve(['build', '--progress', 'plain', bench.path('context')]);
  t.is(stderr.match(/ CACHED$/gm)?.length, 4, stderr);
});

test('an image whose name another took is dangling until a prune', async (t) => {
  using bench = new Workbench();
  await filled(bench, 'overlay2');
  t.regex(await bench.must(['images']), /<none> +<none> /);
  const asked = await bench.must(['image', 'prune'], { input: 'n\n' });
  t.is(asked, 'WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] ');
  t.regex(await bench.must(['images']), /<none> +<none> /);
  t.regex(
    await bench.must(['image', 'prune', '-f']),
    /^Deleted Images:\n(deleted: sha256:[0-9a-f]{64}\n)+\nTotal reclaimed space: [\d.]+k?B\n$/,
  );
  t.notRegex(await bench.must(['images']), /<none>/);
  t.is(await bench.must(['image', 'prune', '-f']), 'Total reclaimed space: 0B\n');
});

const filters: readonly (readonly [string, boolean])[] = [
  ['until=24h', false],
  ['until=0s', true],
  ['label=keep', false],
  ['label!=keep', true],
];
for (const [filter, goes] of filters)
  test(`image prune --filter ${filter} ${goes ? 'takes' : 'leaves'} an image that was just made and has no label`, async (t) => {
    using bench = new Workbench();
    bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' });
    await bench.must(['build', '-q', bench.path('context')]);
    await bench.must(['image', 'prune', '-f', '--filter', filter]);
    t.is((await bench.must(['images', '-q'])) === '', goes);
  });

test('nothing is collected while a build is running, and the build finds everything', async (t) => {
  using bench = new Workbench();
  await filled(bench, 'overlay2');
  bench.write({ 'slow/Dockerfile': 'FROM app\nRUN echo started > /proc/1/fd/1; sleep 1000\n' });
  const stop = new AbortController();
  const building = bench.varve(['build', '--progress', 'plain', bench.path('slow')], { signal: stop.signal });
  const locked = async () => (await bench.varve(['gc', '--keep', '0'], {})).stderr.includes('STORE_BUSY');
  t.true(await untilTrue(locked));
  stop.abort();
  t.is((await building).code, 130);
  t.is((await bench.varve(['gc', '--keep', '0'])).code, 0);
});

test('a budget in the configuration is kept after builds', async (t) => {
  using bench = new Workbench();
  await filled(bench, 'overlay2');
  const config = bench.path('varve.config.json');
  writeFileSync(config, JSON.stringify({ options: { '@varve/store-local': { gc: { keep: '100kB' } } } }));
  bench.write({ 'context/file': 'three' });
  await bench.must(['build', '-q', '--config', config, '-t', 'app', bench.path('context')]);
  const { 'Build Cache': cache, Images: images } = await usage(bench, 'overlay2');
  t.true(bytesOf(cache?.Reclaimable ?? '') <= 110_000, cache?.Reclaimable);
  t.is(images?.TotalCount, '2');
});

test('without a budget gc says where one is given', async (t) => {
  using bench = new Workbench();
  const { code, stderr } = await bench.varve(['gc']);
  t.is(code, 2);
  t.regex(stderr, /no budget[\s\S]*--keep 20GB[\s\S]*gc: \{ keep/);
});

async function untilTrue(ask: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt++) if (await ask()) return true;
  return false;
}
