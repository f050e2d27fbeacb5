// Makes the command line's bundle in plugins/cli/dist, or another folder: one script for all commands, and those of threads and helpers beside it.
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleModules } from './lib/bundle-modules.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [outdir = `${root}plugins/cli/dist`] = process.argv.slice(2);

/**
 * Node's own modules, loaded when something of them is used. An import loads them at once and reads every export, which opens stdin for
 * `node:process` and loads undici for `node:http`: 40 ms before `varve images` has done anything. Those that Node has loaded anyway, and
 * whose functions are called for every file, are taken at once, but not by an import, which would read all that they offer.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const early = new Set(['node:buffer', 'node:events', 'node:fs', 'node:module', 'node:path', 'node:stream', 'node:url', 'node:util']);
    onResolve({ filter: /^node:/ }, ({ path, kind }) => {
      if (!early.has(path)) return { path, namespace: 'builtin' };
      return { path, namespace: kind === 'require-call' ? 'early-require' : 'early' };
    });
    onLoad({ filter: /.*/, namespace: 'early-require' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
    // Of these, what nobody uses is dropped; a copy of all for each file that imports something would take 15 ms.
    onLoad({ filter: /.*/, namespace: 'early' }, ({ path }) => ({
      contents: `const loaded = process.getBuiltinModule('${path}');
export default loaded;
${Object.keys(process.getBuiltinModule(path))
  .filter((name) => name !== 'default')
  .map((name) => `export const ${name} = /* @__PURE__ */ (() => loaded.${name})();`)
  .join('\n')}`,
    }));
    onLoad({ filter: /^node:process$/, namespace: 'builtin' }, () => ({ contents: 'module.exports = process;' }));
    // Each file that imports something copies what the module has of its own: nothing, since all is inherited.
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `let loaded;
const load = () => (loaded ??= process.getBuiltinModule('${path}'));
const lazy = {};
for (const name of ${JSON.stringify(Object.keys(process.getBuiltinModule(path)))})
  Object.defineProperty(lazy, name, { enumerable: true, get: () => load()[name] });
module.exports = Object.create(lazy);`,
    }));
  },
};

const options = {
  absWorkingDir: root,
  conditions: ['varve-source'],
  mainFields: ['module', 'main'], // a library's own modules, where it has some: a wrapper less around each file, and only what is used
  platform: 'node',
  target: 'node22',
  outdir,
  external: ['koffi'],
  logLevel: 'warning',
};

for (const name of globSync('varve*', { cwd: outdir })) rmSync(`${outdir}/${name}`);
mkdirSync(outdir, { recursive: true });
const bundles = {
  varve: 'plugins/cli/src/bin.ts',
  // What a build is told as where nothing has changed: asked first, and loaded in a tenth of the time
  'varve-repeat': 'plugins/cli/src/repeat/repeat.ts',
};
for (const [name, entry] of Object.entries(bundles)) {
  const { text, hash, licences } = await bundleModules({ ...options, entry });
  writeFileSync(`${outdir}/${name}-${hash}.cjs`, text);
  if (licences !== '') writeFileSync(`${outdir}/${name}-${hash}.cjs.LEGAL.txt`, licences);
}

// Files of threads and helper processes are found by their names beside the code that starts them
const entries = [
  'core/archive/hash-worker.ts',
  'core/archive/extract-worker.ts',
  'core/system/launch/worker.ts',
  'core/system/launch/helper.ts',
];
await build({
  ...options,
  entryPoints: Object.fromEntries(entries.map((path) => [basename(path, '.ts'), path])),
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true, // names stay: they are what a stack trace is read by
  plugins: [lazyBuiltins],
  format: 'esm',
  // CommonJS dependencies call `require`
  banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
});
