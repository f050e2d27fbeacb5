import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import test from 'ava';

test("the README's example assembles a kernel with this plugin", async (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const args = [
    '--conditions=varve-source',
    '--input-type=module-typescript',
    '--eval',
    `${example}\nconsole.log(kernel.plugins[0].name);`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: new URL('..', import.meta.url) });
  t.is(stdout, '@varve/progress\n');
});
