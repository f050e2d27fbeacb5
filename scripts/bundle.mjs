// Makes plugins/cli/dist/varve.mjs and its chunks: one file to load for every command, and what only some commands need beside it.
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${root}plugins/cli/dist`;
const isOld = (name) => /^(?:varve|chunk|varve-.*)\.?.*\.mjs/.test(name);
for (const name of readNames(outdir)) if (isOld(name)) rmSync(`${outdir}/${name}`);

await build({
  absWorkingDir: root,
  entryPoints: { varve: 'plugins/cli/src/bin.ts' },
  conditions: ['varve-source'],
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  outdir,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'varve-[name]-[hash]',
  external: ['koffi'],
  legalComments: 'linked',
  logLevel: 'warning',
  banner: {
    // CommonJS dependencies call `require`; the long name keeps clear of minified ones
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
});

function readNames(dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
