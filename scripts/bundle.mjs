// Makes plugins/cli/dist/varve.mjs and its chunks: one file to load for every command, and what only some commands need beside it.
import { globSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${root}plugins/cli/dist`;

/** Importing `node:process` (commander does) opens stdin, stdout and stderr to list them as exports; the global opens none. */
const globalProcess = {
  name: 'global-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:process$/ }, () => ({ path: 'process', namespace: 'global' }));
    onLoad({ filter: /.*/, namespace: 'global' }, () => ({ contents: 'export default process;' }));
  },
};

const options = {
  absWorkingDir: root,
  conditions: ['varve-source'],
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  outdir,
  external: ['koffi'],
  plugins: [globalProcess],
  logLevel: 'warning',
  banner: {
    // CommonJS dependencies call `require`; the long name keeps clear of others
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
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
const entries = ['core/system/launch/worker.ts', 'core/system/launch/helper.ts'];
await build({ ...options, entryPoints: Object.fromEntries(entries.map((path) => [basename(path, '.ts'), path])) });
