import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { BuildEventBody } from '@varve/core';
import test from 'ava';
import { openDisplay, type Screen } from '../src/output/transfer-display.ts';
import { movingLine } from '../src/output/transfer-line.ts';

const drawn = test.macro({
  exec(t, status: string, numbers: readonly [number?, number?], columns: number, expected: string) {
    t.is(movingLine({ label: 'abc', status, current: numbers[0], total: numbers[1] }, columns), expected);
  },
  title: (_, status, numbers, columns) => `${status} ${numbers} in ${columns} columns`,
});
test(
  drawn,
  'Downloading',
  [0, 3_000_000],
  80,
  `abc: Downloading [>${' '.repeat(45)}]       0B/3MB`.replace(' '.repeat(45), ' '.repeat(46)),
);
test(drawn, 'Downloading', [1_500_000, 3_000_000], 52, 'abc: Downloading [=========>         ]    1.5MB/3MB'.slice(0, 52));
test(drawn, 'Downloading', [1_500_000, 3_000_000], 35, 'abc: Downloading    1.5MB/3MB');
test(drawn, 'Downloading', [1_500_000], 80, 'abc: Downloading  1.5MB');
test(drawn, 'Downloading', [9, 9], 10, 'abc: Downl');
test(drawn, 'Pull complete', [3, 3], 80, 'abc: Pull complete');
test(drawn, 'Verifying Checksum', [3, 3], 80, 'abc: Verifying Checksum');

/** A terminal that remembers what it was sent. */
class Terminal extends Writable implements Screen {
  readonly isTTY = true;
  columns = 60;
  rows = 6;
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk;
    done();
  }
  /** Its lines: knows "cursor up", "clear line" and "clear below". */
  get lines(): readonly string[] {
    const lines: string[] = [''];
    let row = 0;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this reads
    for (const [token] of this.text.matchAll(/\u001b\[\d+A|\u001b\[J|\u001b\[2K|\r|\n|[^\u001b\r\n]+/g)) {
      if (token === '\n') lines[++row] ??= '';
      else if (token.endsWith('A') && token.startsWith('\u001b')) row -= Number(token.slice(2, -1));
      else if (token === '\u001b[J') lines.splice(row, lines.length, '');
      else if (token === '\u001b[2K') lines[row] = '';
      else if (token !== '\r') lines[row] += token;
    }
    return lines.filter((line) => line !== '');
  }
}

const told = (label: string, status: string, current?: number, total?: number): BuildEventBody => ({
  type: 'transfer',
  id: label,
  label,
  status,
  current,
  total,
});
const onTerminal = (terminal: Terminal) => openDisplay(terminal, { isQuiet: false, env: { TERM: 'xterm' } });

test('on a terminal a layer has one line, which is redrawn', (t) => {
  const terminal = new Terminal();
  const display = onTerminal(terminal);
  for (const status of ['Pulling fs layer', 'Waiting', 'Downloading', 'Pull complete'])
    for (const label of ['one', 'two']) display.emit(told(label, status));
  display.end();
  t.deepEqual(terminal.lines, ['one: Pull complete', 'two: Pull complete']);
});

test('that somebody waits does not stay on a terminal', (t) => {
  const terminal = new Terminal();
  const display = onTerminal(terminal);
  display.emit(told('1.0', 'Retrying in 1 second'));
  t.deepEqual(terminal.lines, ['1.0: Retrying in 1 second']);
  display.emit(told('one', 'Pull complete'));
  display.end();
  t.deepEqual(terminal.lines, ['one: Pull complete']);
});

test('more layers than rows: what is done moves up and stays, in the order of the layers', (t) => {
  const terminal = new Terminal();
  const display = onTerminal(terminal);
  const labels = Array.from({ length: 20 }, (_, i) => `layer${i}`);
  for (const label of labels) display.emit(told(label, 'Pulling fs layer'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence is what this reads
  const moved = [...terminal.text.matchAll(/\u001b\[(\d+)A/g)].map(([, rows]) => Number(rows));
  t.true(Math.max(...moved) < terminal.rows, 'the cursor never goes above the screen');
  for (const label of labels) display.emit(told(label, 'Pull complete'));
  display.end();
  t.deepEqual(
    terminal.lines,
    labels.map((label) => `${label}: Pull complete`),
  );
});

test('no line is wider than the terminal is at that moment, and a change of width tears nothing above', (t) => {
  const terminal = new Terminal();
  terminal.write('before\n');
  const display = onTerminal(terminal);
  display.emit(told('one', 'Downloading', 1, 3));
  terminal.columns = 30;
  display.emit(told('one', 'Verifying Checksum'));
  display.emit(told('one', 'Downloading', 2, 3));
  display.end();
  t.is(terminal.lines[0], 'before');
  t.true((terminal.lines.at(-1) ?? '').length < 30);
});

test('what a registry calls things cannot move the cursor', (t) => {
  const terminal = new Terminal();
  const display = onTerminal(terminal);
  display.emit(told('\u001b[2Jone\r', 'Pulling\nfs'));
  display.end();
  t.is(stripVTControlCharacters(terminal.lines.join('|')), '[2Jone : Pulling fs');
});

for (const [what, env, isTTY] of [
  ['not a terminal', { TERM: 'xterm' }, false],
  ['a dumb terminal', { TERM: 'dumb' }, true],
] as const)
  test(`${what}: a line for each new state, without bars`, (t) => {
    const terminal = Object.assign(new Terminal(), { isTTY });
    const display = openDisplay(terminal, { isQuiet: false, env });
    display.emit(told('one', 'Downloading', 1, 3));
    display.emit(told('one', 'Downloading', 2, 3));
    display.emit(told('one', 'Pull complete'));
    display.end();
    t.is(terminal.text, 'one: Downloading\none: Pull complete\n');
  });

test('quiet: nothing', (t) => {
  const terminal = new Terminal();
  const display = openDisplay(terminal, { isQuiet: true });
  display.emit(told('one', 'Pull complete'));
  display.end();
  t.is(terminal.text, '');
});
