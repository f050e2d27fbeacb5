import test from 'ava';
import { LineSplitter } from '../src/line-splitter.ts';

const splits = test.macro((t, chunks: readonly Buffer[], expected: readonly string[]) => {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(chunk));
  t.deepEqual([...lines, ...splitter.end()], [...expected]);
});
test('lines come when they are whole', splits, [Buffer.from('a\nb'), Buffer.from('c\n')], ['a', 'bc']);
test('a character may be cut between chunks', splits, [Buffer.from([0xc3]), Buffer.from([0xa4, 0x0a])], ['ä']);
test('bytes that are no UTF-8 do not stop anything', splits, [Buffer.from([0xff, 0x41, 0x0a])], ['\ufffdA']);
test('of a line that rewrites itself the last version counts', splits, [Buffer.from('1%\r50%\r100%\r\nok')], ['100%', 'ok']);

test('a line without an end is shown in pieces and takes no memory', (t) => {
  const splitter = new LineSplitter();
  let shown = 0;
  for (let i = 0; i < 1000; i++) shown += splitter.push(Buffer.alloc(10_000, 'x')).join('').length;
  t.true(shown > 9_900_000);
  t.true(splitter.end().join('').length < 20_000);
});
test('a progress bar that only returns is remembered by its last version', (t) => {
  const splitter = new LineSplitter();
  for (let i = 0; i < 10_000; i++) splitter.push(Buffer.from(`\rdownloading ${i}`));
  t.deepEqual(splitter.end(), ['downloading 9999']);
});
