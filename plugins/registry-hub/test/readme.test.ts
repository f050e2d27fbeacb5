import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { sampleImage } from './hub-bench.ts';
import { startLoopback } from './loopback-registry.ts';
import { startWriting } from './writing-registry.ts';

test("the README's example prints what it says", async (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const registry = await startLoopback(t);
  await registry.add('library/busybox/1.36', sampleImage());
  const env = { ...process.env, EXAMPLE_ROOT: temporaryDir(t), EXAMPLE_IMAGE: `${registry.host}/library/busybox:1.36` };
  const args = ['--conditions=varve-source', '--input-type=module', '--eval', example];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: new URL('..', import.meta.url) });
  t.is(stdout.trim(), 'linux');
});

test('the library’s example prints what it says', async (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, example = ''] = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');
  const registry = await startWriting(t, {});
  const env = { ...process.env, EXAMPLE_REPOSITORY: `${registry.host}/acme/notes` };
  const args = ['--conditions=varve-source', '--input-type=module', '--eval', example];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: new URL('..', import.meta.url) });
  t.is(stdout.trim(), '1\ntrue\nhello');
});
