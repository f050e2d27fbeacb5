// Makes plugins/cli/dist/varve.mjs (or another folder's) and its chunks: one file to load for every command, and what only some commands need beside it.
import { globSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `let loaded;
const load = () => (loaded ??= process.getBuiltinModule('${path}'));
for (const name of ${JSON.stringify(Object.keys(process.getBuiltinModule(path)))})
  Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });`,
    }));
  },
};

const options = {
  absWorkingDir: root,
  conditions: ['varve-source'],
  mainFields: ['module', 'main'], // a library's own modules, where it has some: a wrapper less around each file, and only what is used
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true, // names stay: they are what a stack trace is read by
  platform: 'node',
  target: 'node22',
  format: 'esm',
  outdir,
  external: ['koffi'],
  plugins: [lazyBuiltins],
  logLevel: 'warning',
  banner: {
    // CommonJS dependencies call `require`
    js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  },
};

for (const name of globSync('varve*.mjs*', { cwd: outdir })) rmSync(`${outdir}/${name}`);
await build({
  ...options,
  entryPoints: { varve: 'plugins/cli/src/bin.ts' },
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'varve-[name]-[hash]',
  legalComments: 'linked',
});

// Files of threads and helper processes are found by their names beside the code that starts them, which is in a chunk now
const entries = ['core/archive/hash-worker.ts', 'core/system/launch/worker.ts', 'core/system/launch/helper.ts'];
await build({ ...options, entryPoints: Object.fromEntries(entries.map((path) => [basename(path, '.ts'), path])) });
