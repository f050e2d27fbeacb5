import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { mustRun, run, Workbench } from '../helpers/varve.ts';

const repository = resolve(import.meta.dirname, '../..');
const { bundleModules } = await import(join(repository, 'scripts', 'lib', 'bundle-modules.mjs'));

/** Each is a way in which modules hang together; all of them print something. */
const MODULES: Readonly<Record<string, string>> = {
  'main.mjs': `import './effect.mjs';
import sum, { Base, list as items, later, counted, count } from './barrel.mjs';
import * as barrel from './barrel.mjs';
import old, { inner } from './old.cjs';
import process, { argv } from 'node:process';
import path, { join } from 'node:path';
import { unused } from './never.mjs';
class Derived extends Base { name = 'derived'; }
console.log(globalThis.effect, sum(1, 2), new Derived().name, new Base().name, [...items, ...[0]], Object.keys(barrel).sort());
console.log(old.inner, inner, typeof old, process.argv === argv, path.join === join, { Base, join }.join('a', 'b'));
count(); count();
console.log(counted, barrel.counted, barrel.default(3, 4), \`\${items.length} \${barrel.import_like}\`, later());
void loadMore();
async function loadMore() {
  const { default: lazy, named } = await import('./lazy.mjs');
  console.log(lazy, named, (await import('./old.cjs')).default === old);
}
if (argv.length > 99) console.log(unused);`,
  'effect.mjs': "globalThis.effect = 'happened';",
  'never.mjs': "console.log('a module of which nothing is used'); export const unused = 1;",
  'barrel.mjs': `export { default, Base } from './base.mjs';
export { list, later, count, counted } from './cycle.mjs';
export * from './star.mjs';
export const own = 'own';`,
  'base.mjs': `import { list } from './cycle.mjs';
export default function sum(a, b) { return a + b + list.length; }
export class Base { name = 'base'; }`,
  'cycle.mjs': `import sum, { Base } from './base.mjs';
export const list = [3, 4];
export let counted = 0;
export const later = () => \`\${sum(1, 1)} \${new Base().name}\`;
export function count() { counted++; return list.push(5); }`,
  'star.mjs': "export const import_like = 'import_like', starred = 1;",
  'lazy.mjs': "import { own } from './barrel.mjs'; export default 'lazy ' + own; export const named = true;",
  'old.cjs': "const { deep } = require('./deep.cjs'); exports.inner = deep; exports.self = this === module.exports;",
  'deep.cjs': "module.exports = { deep: require('node:path').sep };",
};

test('bundled modules say what Node makes of them, without those of which nothing is used', async (t) => {
  using bench = new Workbench();
  bench.write(MODULES);
  const { text } = await bundleModules({
    absWorkingDir: bench.folder,
    entry: 'main.mjs',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
  });
  const home = join(bench.folder, 'package');
  mkdirSync(join(home, 'dist'), { recursive: true });
  bench.write({ 'package/dist/varve-12345678.cjs': text });
  await mustRun('cp', ['-r', join(repository, 'plugins', 'cli', 'bin'), home]);
  const expected = await mustRun(process.execPath, [bench.path('main.mjs')]);
  t.regex(expected, /^a module of which nothing is used\n[\s\S]*lazy own true true/);
  for (let i = 0; i < 3; i++) {
    const outcome = await run(process.execPath, [join(home, 'bin', 'varve.mjs')]);
    t.deepEqual(outcome, { code: 0, stdout: expected.replace(/^.*\n/, ''), stderr: '' });
  }
});
