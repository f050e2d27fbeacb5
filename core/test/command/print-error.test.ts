import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { VarveError } from '@varve/core';
import test from 'ava';
import { rememberText } from '../../command/excerpt.ts';
import { exitCodeOf, printError } from '../../command/print-error.ts';

const dir = mkdtempSync(join(tmpdir(), 'varve-error-'));
test.after.always(() => rmSync(dir, { recursive: true, force: true }));

function printed(error: unknown, debug = false): string {
  let text = '';
  const stderr = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  printError(error, { stderr, debug });
  return text;
}
const dockerfile = join(dir, 'Dockerfile');
writeFileSync(dockerfile, 'FROM x\r\nRUN a \\\r\n  b\r\nCMD c\r\n');
const at = (startLine: number, endLine = startLine, file = dockerfile) => ({ file, startLine, endLine });

test('an error shows its place, what is wrong, what to do, its code and who says so', (t) => {
  const error = new VarveError('STEP_FAILED', 'exit code: 3', { source: at(2, 3), hint: 'Look.', plugin: '@varve/steps' });
  t.is(
    printed(error),
    `${dockerfile}:2
--------------------
   1 |     FROM x
   2 | >>> RUN a \\
   3 | >>>   b
   4 |     CMD c
--------------------
Error: exit code: 3
Hint: Look.
[STEP_FAILED, @varve/steps]
`,
  );
});
test('a build file that was on stdin has its excerpt too', (t) => {
  rememberText('<stdin>', 'FROM x\nFFOM y\n');
  t.regex(printed(new VarveError('X', 'no', { source: at(2, 2, '<stdin>') })), /^ {3}2 \| >>> FFOM y$/m);
});
test('a place that cannot be read is named all the same', (t) => {
  t.is(printed(new VarveError('X', 'no', { source: at(7, 7, '/nonexistent/Dockerfile') })), '/nonexistent/Dockerfile:7\nError: no\n[X]\n');
  t.is(printed(new VarveError('X', 'no', { source: at(99) })), `${dockerfile}:99\nError: no\n[X]\n`);
});
test('of an instruction of hundreds of lines the ends are shown', (t) => {
  const file = join(dir, 'long');
  writeFileSync(file, Array.from({ length: 300 }, (_, i) => `line${i + 1} \\`).join('\n'));
  const lines = printed(new VarveError('X', 'no', { source: at(1, 300, file) })).split('\n');
  t.true(lines.length < 30);
  t.true(lines.some((line) => line.includes('line300')));
});
test('nothing that a terminal would obey comes out of an error', (t) => {
  const evil = '\u001b]0;pwned\u0007\u001b[2J\u202eabc\u0000';
  const error = new VarveError('X', `message ${evil}`, { hint: evil, plugin: evil });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  t.notRegex(printed(error), /[\u0000-\u0009\u000b-\u001f\u202e]/);
});
test('there is a stack with --debug only', (t) => {
  t.notRegex(printed(new VarveError('X', 'no')), /at .*print-error/);
  t.regex(printed(new VarveError('X', 'no'), true), /at .*print-error/);
});
test('the system’s errors are told as they are', (t) => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  t.is(printed(error), 'Error: ENOSPC: no space left on device, write\n[ENOSPC]\n');
});
test('a mistake of ours says that it is one', (t) => {
  t.regex(printed(new TypeError('x is undefined')), /^Error: x is undefined\nHint: This is a mistake in varve.*--debug/);
});
test('that the reader has gone is not worth a word', (t) => {
  t.is(printed(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })), '');
});

const exits = test.macro({
  exec(t, error: unknown, expected: number) {
    t.is(exitCodeOf(error, new AbortController().signal), expected);
  },
  title: (_, error, expected) => `${VarveError.is(error) ? error.code : String(error)} exits with ${expected}`,
});
test(exits, new VarveError('IMAGE_UNKNOWN', ''), 1);
test(exits, new VarveError('USAGE', ''), 2);
test(exits, new VarveError('CONFIG_INVALID', ''), 2);
test(exits, new VarveError('OPTIONS_INVALID', ''), 2);
test(exits, new VarveError('PLUGIN_UNKNOWN', ''), 2);
test(exits, new VarveError('PLUGIN_FAILED', ''), 1);
test(exits, new VarveError('STEP_FAILED', '', { exitCode: 42 }), 42);
test(exits, new Error('x'), 1);
test('what was stopped by a signal exits with its number, whatever failed because of it', (t) => {
  const controller = new AbortController();
  controller.abort(new VarveError('ABORTED', '', { exitCode: 130 }));
  t.is(exitCodeOf(new VarveError('BUILD_ABORTED', ''), controller.signal), 130);
});
