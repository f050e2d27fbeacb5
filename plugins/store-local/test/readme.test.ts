import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';

test("the README's example prints what it says", (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code = '', said = ''] = /```js\n(.*?console\.log\(names\); \/\/ (.*?)\n)```/s.exec(readme) ?? [];
  const printed = execFileSync(process.execPath, ['--conditions=varve-source', '--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, EXAMPLE_ROOT: temporaryDir(t) },
    encoding: 'utf8',
  });
  t.is(printed.trim(), said);
});
