import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildEventBody, createKernel } from '@varve/core';
import test from 'ava';
import { progress } from '../src/index.ts';
import type { ProgressOptions } from '../src/options.ts';
import { output, place, planOf, stamp, TextSink } from './events.ts';
import { screenOf } from './screen.ts';

process.env.TERM = 'xterm'; // that of whoever runs the tests may be dumb
const root = mkdtempSync(join(tmpdir(), 'varve-progress-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));
const newRoot = () => mkdtempSync(join(root, 'store-'));

/** Sends events through a kernel whose only plugin is this one. */
function tell(bodies: readonly BuildEventBody[], options: ProgressOptions, at = newRoot()): void {
  const kernel = createKernel({ root: at, plugins: [progress], options: { '@varve/progress': options } });
  for (const event of stamp(bodies)) kernel.emit(event);
}

const a = place('RUN a');
const failing: readonly BuildEventBody[] = [
  { type: 'planned', plan: planOf('stage-0') },
  { type: 'step-started', ...a },
  output(a, 'why\n'),
  { type: 'step-failed', ...a, code: 'STEP_FAILED', message: 'no' },
  { type: 'build-failed', code: 'STEP_FAILED', message: 'no' },
];
const started = (mode?: string): BuildEventBody => ({ type: 'build-started', file: 'Dockerfile', progress: mode });

test('a build says how it wants to be told, over what the options say', (t) => {
  const stream = new TextSink();
  tell([started('rawjson'), ...failing], { mode: 'plain', stream });
  t.is(stream.text.split('\n').length - 1, failing.length + 1);
  t.notThrows(() =>
    stream.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
});
test('a mode that nobody knows is as good as none', (t) => {
  const stream = new TextSink();
  tell([started('fancy'), ...failing], { mode: 'quiet', stream, logs: false });
  t.is(stream.text, '------\n > [1/3] RUN a:\n  why\n------\n');
});
test('quiet is silent about a build that succeeds', (t) => {
  const stream = new TextSink();
  tell([started('quiet'), ...failing.slice(0, 3), { type: 'step-finished', ...a }, { type: 'build-finished', digest: 'd', id: 'i' }], {
    stream,
  });
  t.is(stream.text, '');
});
test('rawjson has output as base64 and leaves hidden environments out', (t) => {
  const stream = new TextSink();
  const step = { ...a.step, hiddenEnv: ['HTTPS_PROXY=http://user:secret@proxy'] };
  tell([started('rawjson'), { type: 'step-started', ...a, step }, output(a, 'é\u0000')], { stream });
  const [, , last] = stream.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { chunk?: string });
  t.is(Buffer.from(last?.chunk ?? '', 'base64').toString('latin1'), 'é\u0000');
  t.notRegex(stream.text, /secret/);
});
test('a second build on a terminal writes lines above the window of the first', (t) => {
  const stream = new TextSink({ isTTY: true, columns: 80, rows: 24 });
  const first = stamp([started('tty'), ...failing], 'one');
  const second = stamp([started('tty'), ...failing], 'two');
  const kernel = createKernel({ root: newRoot(), plugins: [progress], options: { '@varve/progress': { stream, logs: false } } });
  for (const [i, event] of first.entries()) for (const one of [event, second[i]]) if (one !== undefined) kernel.emit(one);
  const screen = screenOf(stream.text).map((line) => line.replace(/ +\d\.\ds$/, ''));
  t.deepEqual(screen, [
    '#1 [1/3] RUN a',
    '#1 0.100 why',
    ' => ERROR [1/3] RUN a',
    '------',
    ' > [1/3] RUN a:',
    '  why',
    '------',
    '#1 ERROR: no',
  ]);
});

test('the whole output of a step is kept as it was, byte for byte', (t) => {
  const at = newRoot();
  tell(
    [started(), ...failing.slice(0, 2), output(a, '\u001b[31m10%\r'), output(a, '\u00ff\u0000\n', 'stderr'), failing[4] as BuildEventBody],
    { stream: new TextSink() },
    at,
  );
  t.is(readFileSync(join(at, 'logs', 'b1', 'stage-0-1.log'), 'latin1'), '\u001b[31m10%\r\u00ff\u0000\n');
});
test('a failure names the file with the whole output', (t) => {
  const at = newRoot();
  const stream = new TextSink();
  tell([started('quiet'), ...failing], { stream }, at);
  t.regex(stream.text, new RegExp(`whole output: ${join(at, 'logs', 'b1', 'stage-0-1.log')}`));
});
test('a build without output leaves no folder', (t) => {
  const at = newRoot();
  tell([started(), { type: 'build-finished', digest: 'd', id: 'i' }], { stream: new TextSink() }, at);
  t.deepEqual(readdirSync(at), []);
});
test('a stage cannot choose where its log lies', (t) => {
  const at = newRoot();
  const evil = place('RUN a', 1, { stage: '../../../evil' });
  tell([started(), { type: 'step-started', ...evil }, output(evil, 'x\n')], { stream: new TextSink() }, at);
  t.deepEqual(readdirSync(join(at, 'logs', 'b1')), ['__.._.._evil-1.log']);
});
test('the oldest logs make room for new ones', (t) => {
  const at = newRoot();
  for (const [i, name] of ['old', 'middle', 'young'].entries()) {
    mkdirSync(join(at, 'logs', name), { recursive: true });
    utimesSync(join(at, 'logs', name), 1000 + i, 1000 + i);
  }
  tell([started(), ...failing], { stream: new TextSink(), keepLogs: 2 }, at);
  t.deepEqual(readdirSync(join(at, 'logs')).sort(), ['b1', 'young']);
});
test('logs that cannot be written do not keep anything from being told', (t) => {
  const at = newRoot();
  writeFileSync(join(at, 'logs'), 'a file where the folder should be');
  const stream = new TextSink();
  t.notThrows(() => tell([started('plain'), ...failing], { stream }, at));
  t.regex(stream.text, /^#1 0\.100 why$/m);
  chmodSync(join(at, 'logs'), 0o600);
});
test('a stream that throws does not reach whoever emits', (t) => {
  const stream = {
    write: () => {
      throw new Error('gone');
    },
  };
  t.notThrows(() => tell([started('plain'), ...failing], { stream, logs: false }));
});
test('logs: false keeps none', (t) => {
  const at = newRoot();
  tell([started('quiet'), ...failing], { stream: new TextSink(), logs: false }, at);
  t.false(existsSync(join(at, 'logs')));
});

const refuses = test.macro((t, raw: unknown, message: RegExp) => {
  const error = t.throws(() => createKernel({ root, plugins: [progress], options: { '@varve/progress': raw } }));
  t.is((error as { code?: string } | undefined)?.code, 'OPTIONS_INVALID');
  t.regex(error?.message ?? '', message);
});
test('an unknown mode is refused', refuses, { mode: 'fancy' }, /mode: expected one of auto, plain/);
test('an unknown option is refused', refuses, { colour: true }, /no option is called "colour"/);
test('keepLogs must be a number of builds', refuses, { keepLogs: 0 }, /keepLogs: expected a whole number above 0/);
