import type { BuildEventBody } from '@varve/core';
import test from 'ava';
import { TtyReporter } from '../src/tty-reporter.ts';
import { output, place, planOf, stamp, TextSink } from './events.ts';
import { screenOf } from './screen.ts';

/** The screen after these events; the times of the rows are cut off. */
function shown(bodies: readonly BuildEventBody[], terminal = { columns: 60, rows: 20 }): readonly string[] {
  const sink = new TextSink({ isTTY: true, ...terminal });
  const reporter = new TtyReporter(sink, undefined);
  for (const event of stamp(bodies)) reporter.report(event);
  reporter.report({ type: 'build-failed', code: '', message: '', build: '', at: 0 }); // ends the timer
  return screenOf(sink.text.slice(0, sink.text.lastIndexOf('\u001b[?7l')));
}
function shownAtEnd(bodies: readonly BuildEventBody[]): readonly string[] {
  const sink = new TextSink({ isTTY: true, columns: 60, rows: 20 });
  const reporter = new TtyReporter(sink, undefined);
  for (const event of stamp(bodies)) reporter.report(event);
  return screenOf(sink.text);
}
const titles = (lines: readonly string[]): readonly string[] => lines.map((line) => line.replace(/ +\d+\.\ds$/, ''));

const a = place('RUN a');
const b = place('RUN b', 2);
const start: readonly BuildEventBody[] = [
  { type: 'build-started', file: 'Dockerfile' },
  { type: 'planned', plan: planOf('stage-0') },
];

test('the window has a running step with the newest lines of its output', (t) => {
  const lines = Array.from({ length: 10 }, (_, i) => output(a, `line ${i}\n`));
  const screen = titles(shown([...start, { type: 'step-started', ...a }, ...lines]));
  t.deepEqual(screen.slice(1), [' => [1/3] RUN a', ...[4, 5, 6, 7, 8, 9].map((i) => ` => => line ${i}`)]);
});
test('the head counts steps that are done', (t) => {
  const [, head] = shown([
    ...start,
    { type: 'step-started', ...a },
    { type: 'step-finished', ...a, key: 'k' },
    { type: 'step-started', ...b },
  ]);
  t.regex(head ?? '', /^\[\+\] Building \d\.\ds \(1\/3\)$/);
});
test('a frame is drawn over the last one, not on a screen that was cleared: terminals keep those', (t) => {
  const sink = new TextSink({ isTTY: true, columns: 60, rows: 20 });
  const reporter = new TtyReporter(sink, undefined);
  for (const event of stamp([...start, { type: 'step-started', ...a }, { type: 'step-finished', ...a, key: 'k' }])) reporter.report(event);
  reporter.report({ type: 'build-finished', digest: 'd', id: 'i', build: '', at: 0 });
  const frames = sink.text.split('\u001b[?7l').slice(1, -1); // the last one takes the window away
  t.true(frames.length > 1);
  for (const frame of frames) t.false(frame.split('\n')[0]?.includes('\u001b[J'));
});
test('when a build has ended its steps stay and the window is gone', (t) => {
  const screen = shownAtEnd([
    ...start,
    { type: 'step-cached', ...a, key: 'k' },
    { type: 'step-started', ...b },
    output(b, 'noise\n'),
    { type: 'step-finished', ...b, key: 'k' },
    { type: 'build-finished', digest: 'd', id: 'i' },
  ]);
  t.deepEqual(titles(screen), [' => CACHED [1/3] RUN a', ' => [2/3] RUN b']);
});
test('a failed step leaves the end of its output', (t) => {
  const screen = shownAtEnd([
    ...start,
    { type: 'step-started', ...a },
    output(a, 'cc: no such file\n'),
    { type: 'step-failed', ...a, code: 'STEP_FAILED', message: '' },
    { type: 'build-failed', code: 'STEP_FAILED', message: '' },
  ]);
  t.deepEqual(titles(screen), [' => ERROR [1/3] RUN a', '------', ' > [1/3] RUN a:', '  cc: no such file', '------']);
});
test('no line is wider than the terminal, in columns and not in characters', (t) => {
  const wide = place(`RUN ${'漢'.repeat(100)}`);
  const screen = shown([...start, { type: 'step-started', ...wide }, output(wide, `${'y'.repeat(200)}\n`)], { columns: 40, rows: 20 });
  const widthOf = (line: string) => [...line].reduce((sum, char) => sum + (char === '漢' ? 2 : 1), 0);
  t.deepEqual(
    screen.filter((line) => widthOf(line) > 40),
    [],
  );
  t.true(screen.some((line) => line.includes('漢')));
});
test('the window is not higher than the terminal, however many steps run', (t) => {
  const many = Array.from({ length: 30 }, (_, i) => place('RUN x', 1, { stage: `s${i}` }));
  const events = many.flatMap((at): BuildEventBody[] => [{ type: 'step-started', ...at }, output(at, 'one\ntwo\n')]);
  t.true(shown([...start, ...events], { columns: 60, rows: 12 }).length <= 10);
});
const layer = (id: string, status: string, current?: number): BuildEventBody => ({
  type: 'transfer',
  of: 'FROM a.test/x:1',
  id,
  label: id,
  status,
  current,
  total: 2000,
});
test('layers that come stand below their image, with a bar', (t) => {
  const events = [layer('one', 'Downloading', 1000), layer('two', 'Waiting', 0), layer('three', 'Already exists')];
  t.deepEqual(titles(shown([...start, ...events])).slice(1), [
    ' => FROM a.test/x:1',
    ' => => one Downloading [============>            ] 1.00kB /…',
    ' => => two Waiting',
  ]);
});
test('an image whose layers are all here stays, once, with its time', (t) => {
  const screen = titles(
    shown([...start, layer('one', 'Downloading', 1000), layer('one', 'Pull complete', 2000), layer('two', 'Already exists')]),
  );
  t.deepEqual(
    screen.filter((line) => line.includes('FROM')),
    [' => FROM a.test/x:1'],
  );
});
test('a pull outside a build is shown while it runs and stays when it is done', (t) => {
  const screen = shownAtEnd([
    { type: 'transfer', id: 'l1', label: 'pulling x', status: 'downloading', current: 0, total: 2000 },
    { type: 'transfer', id: 'l1', label: 'pulling x', status: 'done', current: 2000, total: 2000 },
  ]);
  t.deepEqual(titles(screen), [' => pulling x l1 done 2.00kB / 2.00kB']);
});
