import { runReadmeExample, temporaryDir, whyMissing } from '@varve/core/testing';
import test from 'ava';

const missing = whyMissing(['linux']);
(missing === undefined ? test : test.skip)('the example of the README does what it says', async (t) => {
  const { printed, promised } = await runReadmeExample(new URL('../README.md', import.meta.url), temporaryDir(t));
  t.is(printed, promised);
});
