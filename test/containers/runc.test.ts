import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mustRun } from '../helpers/varve.ts';
import { once } from './container-bench.ts';

once(test, 'runc runs what varve has unpacked', async (t, bench) => {
  await bench.must(['run', '--name', 'one', 'busybox', 'sh', '-c', 'echo from varve > /greeting']);
  const bundle = bench.path('bundle');
  mkdirSync(join(bundle, 'rootfs'), { recursive: true });
  await bench.must(['export', '-o', bench.path('root.tar'), 'one']);
  await mustRun('tar', ['-C', join(bundle, 'rootfs'), '-xf', bench.path('root.tar')]);
  await mustRun('runc', ['spec', '--bundle', bundle]);
  const spec = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  const namespaces = spec.linux.namespaces.filter(({ type }: { readonly type: string }) => type !== 'cgroup');
  const changed = {
    ...spec,
    process: { ...spec.process, terminal: false, args: ['/bin/cat', '/greeting'] },
    linux: { ...spec.linux, namespaces, resources: {} },
  };
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(changed));
  t.is(await mustRun('runc', ['--root', bench.path('runc'), 'run', '--bundle', bundle, `varve-test-${process.pid}`]), 'from varve\n');
});
