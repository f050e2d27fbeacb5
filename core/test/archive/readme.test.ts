import { mkdirSync, writeFileSync } from 'node:fs';
import { contentIn, indexTar, MergedTree, readFile, scanDirectory, withOffsets, writeTar } from '@varve/core/archive';
import type { Layer } from '@varve/core/image';
import test from 'ava';
import { makeTemp } from './helpers.ts';

test('the example of the README works', async (t) => {
  const root = makeTemp(t);
  mkdirSync(`${root}/etc`);
  writeFileSync(`${root}/etc/passwd`, 'root:x:0:0');
  const index = await scanDirectory(root);
  const indexed = indexTar(writeTar(index, contentIn(root)));
  for await (const _ of indexed);
  t.deepEqual([...indexed.index], [...withOffsets(index)]);
  const layer = { index: async () => index, contents: async () => contentIn(root) } as unknown as Layer; // no more of it is asked for
  t.is((await readFile(await MergedTree.of([layer]), '/etc/passwd', 1_000_000))?.toString(), 'root:x:0:0');
});
