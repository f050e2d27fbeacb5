import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import type { Invocation } from '@varve/core';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { checkCommand } from '../../src/command/check.ts';
import { createToolbox } from '../../src/language/toolbox.ts';
import { DEFAULT_RULES } from '../../src/lint/default-rules.ts';

interface Case {
  readonly values?: Invocation['values'];
  readonly stdin?: string;
}

async function check(positionals: readonly string[], { values = {}, stdin = '' }: Case = {}) {
  const stdout = new PassThrough();
  const written = textOf(stdout);
  const command = checkCommand(() => createToolbox([], [], DEFAULT_RULES));
  const invocation = { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr: new PassThrough(), values, positionals };
  // the command needs no more of it
  const code = await command
    .run({ ...invocation, signal: AbortSignal.timeout(60_000) } as unknown as Invocation)
    .finally(() => stdout.end());
  return { code, out: await written };
}

function context(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const dir = temporaryDir(t);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

test('findings are shown with their lines, and the exit code is 1', async (t) => {
  const dir = context(t, { Dockerfile: 'FROM a AS b\n# c\nCOPY d /\nCMD e\n', '.dockerignore': 'd' });
  const { code, out } = await check([dir]);
  t.is(code, 1);
  t.is(
    out,
    `Check complete, 2 warnings have been found!

CopyIgnoredFile: Attempting to Copy file "d" that is excluded by .dockerignore (line 3)
https://docs.docker.com/go/dockerfile/rule/copy-ignored-file/
Dockerfile:3
--------------------
   1 |     FROM a AS b
   2 |     # c
   3 | >>> COPY d /
   4 |     CMD e
   5 |
--------------------

JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 4)
https://docs.docker.com/go/dockerfile/rule/json-args-recommended/
Dockerfile:4
--------------------
   2 |     # c
   3 |     COPY d /
   4 | >>> CMD e
   5 |
--------------------
`,
  );
});

test('without findings the exit code is 0', async (t) => {
  t.deepEqual(await check([context(t, { Dockerfile: 'FROM a' })]), { code: 0, out: 'Check complete, no warnings found.\n' });
});

test('--json prints findings as data', async (t) => {
  const dir = context(t, { 'x/Other': 'ARG tag\nFROM a:$tag\nCMD $b' });
  const file = join(dir, 'x/Other');
  const { code, out } = await check([dir], { values: { file, json: true, 'build-arg': ['tag=1'] } });
  t.is(code, 1);
  t.like(JSON.parse(out), [
    { rule: 'InvalidDefaultArgInFrom', file, line: 2 },
    { rule: 'JSONArgsRecommended', line: 3 },
  ]);
});

test('a Dockerfile may come on stdin', async (t) => {
  const { code, out } = await check([context(t, {})], { values: { file: '-' }, stdin: 'FROM a as b' });
  t.is(code, 1);
  t.true(out.includes('Dockerfile:1\n'));
});

test("the ignore file beside a Dockerfile is read instead of the context's", async (t) => {
  const dir = context(t, { 'b.Dockerfile': 'FROM a\nCOPY x y /', 'b.Dockerfile.dockerignore': 'y', '.dockerignore': 'x' });
  const { out } = await check([dir], { values: { file: join(dir, 'b.Dockerfile'), json: true } });
  t.like(JSON.parse(out), { 0: { detail: 'Attempting to Copy file "y" that is excluded by .dockerignore' }, length: 1 });
});

test('a file that is no Dockerfile is an error, after its findings', async (t) => {
  const dir = context(t, { Dockerfile: 'FROM a AS B\nFFOM' });
  const error = await t.throwsAsync(check([dir]));
  t.like(error, { code: 'FRONTEND_SYNTAX', source: { file: join(dir, 'Dockerfile'), startLine: 2 } });
});

test('a file that is not there is an error', async (t) => {
  const error = await t.throwsAsync(check([context(t, {})]));
  t.like(error, { code: 'FRONTEND_MISSING' });
});

test('error=true changes nothing about what is printed', async (t) => {
  const { code, out } = await check([context(t, { Dockerfile: '# check=error=true\nFROM a as b' })]);
  t.is(code, 1);
  t.true(out.startsWith('Check complete, 1 warning has been found!\n\nFromAsCasing: '));
});

test('no ignore file outside of the context is read', async (t) => {
  const dir = context(t, { 'context/Dockerfile': 'FROM a\nCOPY b /', outside: 'b' });
  symlinkSync('../outside', join(dir, 'context/.dockerignore'));
  t.is((await check([join(dir, 'context')])).code, 0);
});
