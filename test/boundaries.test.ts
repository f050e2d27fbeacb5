import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import test from 'ava';
import glob from 'fast-glob';

const ROOT = resolve(import.meta.dirname, '..');
const sources = (pattern: string): readonly string[] =>
  glob.sync(pattern, { cwd: ROOT, ignore: ['**/node_modules/**', '**/dist/**'] }).sort();
const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

/** What a file imports: relative ones as paths from the repository's root. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, from, dynamic]) => {
    const name = from ?? dynamic ?? '';
    return name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name;
  });
}
const packageOf = (name: string): string => name.split('/', name.startsWith('@') ? 2 : 1).join('/');
interface Manifest {
  readonly name: string;
  readonly dependencies?: object;
  readonly peerDependencies?: object;
}
const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
const offenders = (files: readonly string[], isAllowed: (name: string, file: string) => boolean): readonly string[] =>
  files.flatMap((file) =>
    importsOf(file)
      .filter((name) => !isAllowed(name, file))
      .map((name) => `${file} imports ${name}`),
  );

const PLUGINS = sources('plugins/*/package.json').map((file) => dirname(file));
const CORE = new Set(['@varve/core', '@varve/core/image', '@varve/core/archive', '@varve/core/system', '@varve/core/command']);

for (const folder of PLUGINS) {
  const { name, dependencies = {}, peerDependencies = {} } = manifestOf(folder);
  const declared = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
  test(`${name} imports core, node, what it declares and no other plugin`, (t) => {
    const isPreset = (file: string) => file === 'plugins/cli/src/preset.ts';
    t.deepEqual(
      offenders(sources(`${folder}/src/**/*.ts`), (imported, file) => {
        if (imported.startsWith(`${folder}${sep}`) || isBuiltin(imported)) return true;
        if (CORE.has(imported)) return declared.has('@varve/core');
        if (imported.startsWith('@varve/')) return isPreset(file) || imported.endsWith('/api');
        return declared.has(packageOf(imported));
      }),
      [],
    );
  });
  if (name !== 'varve')
    test(`${name} takes core as a peer`, (t) => {
      t.true('@varve/core' in peerDependencies);
      t.false('@varve/core' in dependencies);
    });
}

const within =
  (...folders: readonly string[]) =>
  (imported: string) =>
    isBuiltin(imported) || folders.some((folder) => imported === folder || imported.startsWith(`${folder}${sep}`));
const libraries = ['core/image', 'core/archive', 'core/system'];

test('the kernel imports its libraries, tapable, tsyringe and nothing of a format, a terminal or a network', (t) => {
  const third = new Set(['tapable', 'tsyringe', 'reflect-metadata']);
  t.deepEqual(
    offenders(sources('core/src/**/*.ts'), (name) => within('core/src', ...libraries)(name) || third.has(name)),
    [],
  );
  const worlds = /^node:(?:http|https|net|tls|tty|readline|child_process|zlib|fs)/;
  t.deepEqual(
    offenders(sources('core/src/**/*.ts'), (name) => !worlds.test(name)),
    [],
  );
});

test("core's libraries know no kernel, only its error class", (t) => {
  const files = libraries.flatMap((folder) => sources(`${folder}/**/*.ts`));
  const isAllowed = (name: string) => within(...libraries)(name) || name === 'core/src/errors.ts' || name === 'koffi';
  t.deepEqual(offenders(files, isAllowed), []);
});

test('what commands share knows contracts, tokens and errors, and no kernel', (t) => {
  const known = ['core/src/errors.ts', 'core/src/tokens.ts'];
  const isAllowed = (name: string) => within('core/command', 'core/src/contracts', ...libraries)(name) || known.includes(name);
  t.deepEqual(offenders(sources('core/command/**/*.ts'), isAllowed), []);
});

test('tapable and tsyringe are each imported by one file and its types', (t) => {
  const importing = (name: string) => sources('{core,plugins}/**/*.ts').filter((file) => importsOf(file).includes(name));
  t.deepEqual(importing('tsyringe'), ['core/src/scope.ts']);
  t.deepEqual(importing('tapable'), ['core/src/hooks.ts', 'core/src/taps.ts']);
});

test('no plugin imports the internals of core', (t) => {
  const isInternal = (name: string) => name.startsWith('core/') || /^@varve\/core\/(?:src|dist)/.test(name);
  t.deepEqual(
    offenders(sources('plugins/*/src/**/*.ts'), (name) => !isInternal(name)),
    [],
  );
});

test('only the preset names other plugins', (t) => {
  const naming = sources('plugins/*/src/**/*.ts').filter((file) =>
    importsOf(file).some((name) => name.startsWith('@varve/') && !name.startsWith('@varve/core') && !name.endsWith('/api')),
  );
  t.deepEqual(naming, ['plugins/cli/src/preset.ts']);
});

test('every package exports names one by one', (t) => {
  const star = [...sources('core/{src,image,archive,system,testing}/**/*.ts'), ...sources('plugins/*/src/**/*.ts')].filter((file) =>
    /^export \*/m.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  t.deepEqual(star, []);
});

test('no package names the version of a core that is not here', (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'core/package.json'), 'utf8'));
  t.regex(readFileSync(join(ROOT, 'core/src/version.ts'), 'utf8'), new RegExp(`CORE_VERSION = '${version}'`));
});
