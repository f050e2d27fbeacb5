import { readFile } from 'node:fs/promises';
import test from 'ava';
import { archive, outline } from './example.ts';

const fileText = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

test("the README's example is the one that is tested", async (t) => {
  const example = (await fileText('example.ts')).replace(/^\/\/ biome.*\n/, '');
  t.true((await fileText('../README.md')).includes(example));
});

test("the README's example does what it says", (t) => {
  t.deepEqual(outline, [['build', 'copy', 'run']]);
  t.is(archive, 'app-1.2.tar');
});
