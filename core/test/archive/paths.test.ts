import { baseName, cleanPath, isWithin, joinPath, parentOf } from '@varve/core/archive';
import test from 'ava';

const cleans = test.macro({
  exec(t, path: string, expected: string) {
    t.is(cleanPath(path), expected);
  },
  title: (_, path, expected) => `${JSON.stringify(path)} is the entry path ${JSON.stringify(expected)}`,
});
test(cleans, '', '');
test(cleans, '/', '');
test(cleans, '.', '');
test(cleans, './', '');
test(cleans, 'a/b', 'a/b');
test(cleans, '/a/b/', 'a/b');
test(cleans, './a//b', 'a/b');
test(cleans, 'a/./b', 'a/b');
test(cleans, 'a/../b', 'b');
test(cleans, '../../a', 'a');
test(cleans, '/..', '');
test(cleans, 'a/..', '');
test(cleans, '..a/...', '..a/...');
test(cleans, '.hidden/.a', '.hidden/.a');

test('the root is its own parent', (t) => {
  t.deepEqual([parentOf(''), parentOf('a'), parentOf('a/b/c')], ['', '', 'a/b']);
});

test('a base name is the last component', (t) => {
  t.deepEqual([baseName(''), baseName('a'), baseName('a/b/c')], ['', 'a', 'c']);
});

test('the root of a directory is the directory', (t) => {
  t.is(joinPath('/r', ''), '/r');
});

test('a longer name is not within a shorter one', (t) => {
  t.deepEqual([isWithin('ab', 'a'), isWithin('a/b', 'a'), isWithin('a', 'a'), isWithin('x', '')], [false, true, true, true]);
});
