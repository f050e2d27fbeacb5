import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { loadToolchain } from '../src/config.ts';

const packageDir = fileURLToPath(new URL('..', import.meta.url));
const repository = join(packageDir, '../..');
const dir = mkdtempSync(join(tmpdir(), 'varve-readme-'));
test.after.always(() => rmSync(dir, { recursive: true, force: true }));

/** A folder in which `varve` and `@varve/core` are installed. */
function project(): string {
  const at = mkdtempSync(join(dir, 'case-'));
  mkdirSync(join(at, 'node_modules', '@varve'), { recursive: true });
  symlinkSync(packageDir, join(at, 'node_modules', 'varve'));
  symlinkSync(join(repository, 'core'), join(at, 'node_modules', '@varve', 'core'));
  return at;
}
function exampleOf(readme: string, language: string): string {
  const text = readFileSync(readme, 'utf8');
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  if (found === undefined) throw new Error(`${readme} has no example in ${language}`);
  return found;
}

test('the library example of the first README builds an image', async (t) => {
  const at = project();
  writeFileSync(join(at, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  const example = exampleOf(join(repository, 'README.md'), 'js').replace('/var/lib/varve', join(at, 'store'));
  writeFileSync(join(at, 'example.mjs'), example);
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=varve-source', 'example.mjs'], { cwd: at });
  t.regex(stdout, /^sha256:[0-9a-f]{64}\n$/);
});
test('the configuration of the README is one', async (t) => {
  const at = project();
  mkdirSync(join(at, 'node_modules', 'our-frontend'));
  writeFileSync(join(at, 'node_modules', 'our-frontend', 'index.js'), "exports.it = { name: 'our-frontend', core: '*', apply() {} };");
  writeFileSync(join(at, 'varve.config.ts'), exampleOf(join(packageDir, 'README.md'), 'ts'));
  const { plugins, root, executor } = await loadToolchain(at);
  const names = plugins.map(({ name }) => name);
  t.true(names.includes('our-frontend') && names.includes('@varve/steps') && !names.includes('@varve/storage-overlay2'));
  t.deepEqual({ root, executor }, { root: join(at, 'images'), executor: 'oci' });
});
