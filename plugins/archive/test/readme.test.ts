import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { collect, sampleLayer } from './archive-bench.ts';

test("the README's example prints what it says", async (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const dir = temporaryDir(t);
  writeFileSync(join(dir, 'rootfs.tar'), await collect(sampleLayer('rootfs').tar()));
  const env = { ...process.env, EXAMPLE_ROOT: join(dir, 'store'), EXAMPLE_TAR: join(dir, 'rootfs.tar') };
  const args = ['--conditions=varve-source', '--input-type=module', '--eval', example];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: new URL('..', import.meta.url) });
  t.is(stdout.trim(), /console\.log\(.*\/\/ (.*)/.exec(example)?.[1] ?? '');
});
