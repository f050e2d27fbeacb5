import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { run, Workbench } from '../helpers/varve.ts';
import { bundled } from './bundled.ts';

const bundle = bundled(test);

const varve = (bench: Workbench, ...args: readonly string[]) =>
  run(process.execPath, [join(bundle, 'bin', 'varve.mjs'), '--root', bench.root, ...args], { cwd: bench.folder });

for (const executor of ['namespaces', 'oci', 'chroot'])
  for (const limits of [[], ['--ulimit', 'nofile=64:64']])
    test(`what npm installs starts processes by ${[executor, ...limits].join(' ')}`, async (t) => {
      using bench = new Workbench();
      await bench.importBusybox();
      bench.write({ Dockerfile: 'FROM busybox\nRUN echo files $(ulimit -n)\n' });
      const { code, stderr } = await varve(bench, 'build', '--progress=plain', '--executor', executor, ...limits, '.');
      t.is(code, 0, stderr);
      t.regex(stderr, limits.length > 0 ? /^#\d+ \d+\.\d+ files 64$/m : /^#\d+ \d+\.\d+ files \d+$/m);
    });

test('listing images loads no network, no process and no system call', async (t) => {
  using bench = new Workbench();
  const spy = bench.path('spy.cjs');
  writeFileSync(
    spy,
    "process.on('exit', () => console.error(process.moduleLoadList.concat(Object.keys(require('node:module')._cache)).join(' ')));",
  );
  const outcome = await run(process.execPath, ['--require', spy, join(bundle, 'bin', 'varve.mjs'), '--root', bench.root, 'images']);
  t.is(outcome.stdout, 'REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n');
  const loaded = outcome.stderr.split(/\s+/);
  t.true(loaded.includes('fs'));
  t.deepEqual(
    loaded.filter((name) => /^(?:https?|tls|zlib|child_process)$|undici|koffi/.test(name)),
    [],
  );
});
