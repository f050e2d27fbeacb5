import { copyFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'ava';
import { mustRun, Workbench } from './helpers/varve.ts';

const PLUGIN = resolve(import.meta.dirname, 'stranger/shopping-list.mjs');

test.serial('a frontend from outside the workspace, with a kind of step of its own, builds an image', async (t) => {
  t.true(readFileSync(PLUGIN, 'utf8').split('\n').length < 60);
  using bench = new Workbench();
  bench.write({
    'varve.config.json': JSON.stringify({ plugins: ['varve/preset', './shopping-list.mjs'] }),
    'context/shopping.list': 'six eggs\n\nmilk\n',
  });
  copyFileSync(PLUGIN, bench.path('shopping-list.mjs'));
  await bench.must(['build', '-t', 'shopping', '-f', 'context/shopping.list', 'context']);
  const rootfs = bench.path('rootfs');
  await bench.must(['build', '-o', rootfs, '-f', 'context/shopping.list', 'context']);
  t.is(
    await mustRun('grep', ['-r', '.', rootfs]).then((text) => text.replaceAll(rootfs, '').split('\n').sort().join('|')),
    '|/milk:milk|/six-eggs:six eggs',
  );

  const again = await bench.varve(['build', '--progress=plain', '-f', 'context/shopping.list', 'context']);
  t.is(again.stderr.match(/CACHED/g)?.length, 2);
});
