import { type Entry, normaliseIndex } from '@varve/core/archive';
import test from 'ava';
import { dir, file, hardlink, link, opaque, whiteout } from './helpers.ts';

const normalises = test.macro({
  exec(t, _: string, entries: readonly Entry[], expected: readonly Entry[]) {
    const found = normaliseIndex(entries);
    t.deepEqual(found, expected);
    t.is(normaliseIndex(found), found, 'a normal index comes back unchanged');
  },
  title: (_, claim: string) => claim,
});
test(normalises, 'entries are sorted', [file('b'), file('a/x'), dir('a')], [dir('a'), file('a/x'), file('b')]);
test(normalises, 'the last entry of a path counts', [file('a', 'old'), file('a', 'newer')], [file('a', 'newer')]);
test(normalises, 'the first name carries a file', [file('z', 'x'), hardlink('a', 'z')], [file('a', 'x'), hardlink('z', 'a')]);
test(normalises, 'a hard link may come before its target', [hardlink('a', 'z'), file('z', 'x')], [file('a', 'x'), hardlink('z', 'a')]);
test(
  normalises,
  'hard links to hard links are one file',
  [file('b'), hardlink('a', 'b'), hardlink('c', 'a')],
  [file('a'), hardlink('b', 'a'), hardlink('c', 'a')],
);
test(
  normalises,
  'a hard link keeps the file that its target was then',
  [file('a', 'old'), hardlink('b', 'a'), file('a', 'newer')],
  [file('a', 'newer'), file('b', 'old')],
);
test(normalises, 'a hard link to a symlink is a symlink', [link('a', 'x'), hardlink('b', 'a')], [link('a', 'x'), link('b', 'x')]);
test(normalises, 'a file takes away what came before below it', [file('a/b'), file('a')], [file('a')]);
test(normalises, 'a symlink is replaced by what comes later below it', [link('a', '/etc'), file('a/passwd')], [file('a/passwd')]);
test(normalises, 'a whiteout beside a file means nothing', [whiteout('a'), file('a')], [file('a')]);
test(normalises, 'a whiteout beside a directory makes it opaque', [whiteout('a'), dir('a')], [dir('a'), opaque('a')]);
test(normalises, 'a whiteout above a file makes a directory opaque', [whiteout('a'), file('a/b')], [opaque('a'), file('a/b')]);
test(normalises, 'nothing is removed below a whiteout', [whiteout('a/b'), whiteout('a')], [whiteout('a')]);
test(normalises, 'nothing is removed below a file', [file('a'), whiteout('a/b')], [file('a')]);
test(
  normalises,
  'nothing is marked below an opaque directory',
  [whiteout('d/a'), dir('d'), opaque('d'), opaque('d/e')],
  [dir('d'), opaque('d')],
);
test(normalises, 'an opaque root hides everything', [whiteout('d'), opaque('e'), opaque('')], [opaque('')]);
test(normalises, 'opaque files are files', [file('a'), opaque('a')], [file('a')]);

test('a hard link needs its target in the same layer', (t) => {
  t.throws(() => normaliseIndex([hardlink('a', 'b')]), { code: 'LAYER_LINK' });
});

test('a hard link cannot name a directory', (t) => {
  t.throws(() => normaliseIndex([dir('d'), hardlink('a', 'd')]), { code: 'LAYER_LINK' });
});

test('a hard link cannot name itself', (t) => {
  t.throws(() => normaliseIndex([hardlink('a', 'a')]), { code: 'LAYER_LINK' });
});
