import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Workbench } from './helpers/varve.ts';

/** Two processes build with the same cache in the same store at the same time. */
async function both(t: ExecutionContext, sharing: string, command: string): Promise<readonly string[]> {
  t.timeout(120_000);
  using bench = new Workbench();
  await bench.importBusybox();
  const build = async (name: string): Promise<string> => {
    const mount = `type=cache,target=/cache,sharing=${sharing} --mount=type=cache,target=/meet`;
    bench.write({ [`${name}/Dockerfile`]: `FROM busybox\nRUN --mount=${mount} export NAME=${name}; { ${command}; } > /out\n` });
    await bench.must(['build', '-q', '-o', bench.path(`${name}.out`), bench.path(name)]);
    return readFileSync(bench.path(`${name}.out/out`), 'utf8');
  };
  return await Promise.all(['a', 'b'].map(build));
}

/** Waits for the other. */
const meetIn = (dir: string) => `touch ${dir}/$NAME; for i in $(seq 300); do [ -e ${dir}/a ] && [ -e ${dir}/b ] && break; sleep 0.1; done`;
const alone = 'ls /cache; touch /cache/$NAME; sleep 2; rm /cache/$NAME';
test.serial('two processes use a locked cache one after the other', async (t) => t.deepEqual(await both(t, 'locked', alone), ['', '']));
test.serial('two processes get each a private cache of their own', async (t) => {
  t.deepEqual(await both(t, 'private', `touch /cache/$NAME; ${meetIn('/meet')}; ls /cache`), ['a\n', 'b\n']);
});
test.serial('two processes use a shared cache at once', async (t) => {
  t.deepEqual(await both(t, 'shared', `${meetIn('/cache')}; ls /cache`), ['a\nb\n', 'a\nb\n']);
});

for (const storage of ['overlay2', 'vfs'])
  for (const executor of ['oci', 'namespaces'])
    test.serial(`a cache outlives its build and is in no layer on ${storage} with ${executor}`, async (t) => {
      t.timeout(120_000);
      using bench = new Workbench();
      await bench.importBusybox();
      const dockerfile = (text: string) =>
        [
          'FROM busybox AS seed',
          'RUN mkdir /seed && echo seed > /seed/seeded',
          'FROM busybox',
          'USER user',
          `RUN --mount=type=cache,target=/deep/cache,uid=1000,gid=1000,mode=0700 ${text}`,
          'RUN --mount=type=cache,target=/begun,from=seed,source=/seed,id=begun cat /begun/seeded > /tmp/seeded',
          '',
        ].join('\n');
      const flags = ['--storage', storage, '--executor', executor, '-t', 'app'];
      bench.write({ 'context/Dockerfile': dockerfile('echo kept > /deep/cache/file') });
      await bench.must(['build', ...flags, bench.path('context')]);
      bench.write({ 'context/Dockerfile': dockerfile('cp /deep/cache/file /tmp/copy && stat -c "%a %u:%g" /deep/cache > /tmp/stat') });
      await bench.must(['build', ...flags, bench.path('context')]);
      await bench.must(['save', '-o', bench.path('app.tar'), 'app']);
      const [, ...layers] = layersOf(bench.path('app.tar'), bench.path('saved'));
      t.deepEqual(
        layers.map((paths) => paths.filter((path) => !path.endsWith('/'))),
        [['tmp/copy', 'tmp/stat'], ['tmp/seeded']],
      );
      t.deepEqual(
        layers.flat().filter((path) => /deep|begun/.test(path)),
        [],
      );
      await bench.must(['build', ...flags, '-o', bench.path('out'), bench.path('context')]);
      const read = (name: string) => readFileSync(bench.path('out/tmp', name), 'utf8');
      t.deepEqual([read('copy'), read('stat'), read('seeded')], ['kept\n', '700 1000:1000\n', 'seed\n']);
    });

/** Paths in every layer of a saved image. */
function layersOf(archive: string, dir: string): readonly (readonly string[])[] {
  mkdirSync(dir);
  execFileSync('tar', ['-xf', archive, '-C', dir]);
  const [{ Layers }] = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as [{ Layers: readonly string[] }];
  return Layers.map((layer) =>
    execFileSync('tar', ['-tf', join(dir, layer)], { encoding: 'utf8' })
      .trim()
      .split('\n'),
  );
}
