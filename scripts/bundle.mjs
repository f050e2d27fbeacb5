import { build } from 'esbuild';

await build({
  entryPoints: ['plugins/cli/src/bin.ts'],
  conditions: ['varve-source'],
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  outfile: 'plugins/cli/dist/varve.mjs',
  external: ['koffi'],
  legalComments: 'linked',
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
});
