import { matchGlob } from '@varve/core/archive';
import test from 'ava';

const matches = test.macro({
  exec(t, pattern: string, name: string, expected: boolean) {
    t.is(matchGlob(pattern, name), expected);
  },
  title: (_, pattern, name, expected) => `${pattern} ${expected ? 'matches' : 'does not match'} ${name}`,
});
// Expectations from the documentation of Go's path/filepath.Match.
test(matches, 'abc', 'abc', true);
test(matches, '*', 'abc', true);
test(matches, '*', '', true);
test(matches, '*', 'a/b', false);
test(matches, 'a*', 'a', true);
test(matches, '*c', 'abc', true);
test(matches, '*x', 'xxx', true);
test(matches, 'a*/b', 'abc/b', true);
test(matches, 'a*/b', 'a/c/b', false);
test(matches, 'a*b*c*/f', 'a-b-c-/f', true);
test(matches, 'a*b*c*/f', 'a-b/c-/f', false);
test(matches, 'a*b?c*x', 'abxbbxdbxebxczzx', true);
test(matches, 'a*b?c*x', 'abxbbxdbxebxczzy', false);
test(matches, 'a?b', 'a☺b', true);
test(matches, 'a?b', 'a😀b', true);
test(matches, 'a?b', 'a/b', false);
test(matches, 'a???b', 'a☺b', false);
test(matches, 'ab[b-d]', 'abc', true);
test(matches, 'ab[e-g]', 'abc', false);
test(matches, 'ab[^c]', 'abc', false);
test(matches, 'ab[^e-g]', 'abc', true);
test(matches, '[a-ζ]*', 'α', true);
test(matches, '*[a-ζ]', 'A', false);
test(matches, '[\\]a]', ']', true);
test(matches, '[x\\-]', '-', true);
test(matches, '[x\\-]', 'z', false);
test(matches, '[\\-x]', 'x', true);
test(matches, 'a\\*b', 'a*b', true);
test(matches, 'a\\*b', 'ab', false);
test(matches, 'a**b', 'axxb', true);
test(matches, '**', 'a/b', false);
test(matches, 'a.b+(c)|{d}$^', 'a.b+(c)|{d}$^', true);
test(matches, 'a?c', 'a\udcffc', true);

const isInvalid = test.macro({
  exec(t, pattern: string) {
    t.throws(() => matchGlob(pattern, 'a'), { code: 'PATTERN_INVALID' });
  },
  title: (_, pattern) => `${pattern} is invalid`,
});
for (const pattern of ['[', '[^', '[^bc', 'a[', '[]a]', '[-]', '[x-]', '[-x]', '[a-b-c]', '\\', 'a\\', '[\\']) test(isInvalid, pattern);

test('a pattern of many stars takes no more time than the name is long', (t) => {
  const pattern = `${'*a'.repeat(200)}b`;
  t.false(matchGlob(pattern, 'a'.repeat(4000)));
  t.false(matchGlob(`${'**/'.repeat(200)}b`, 'a/'.repeat(2000), { doubleStar: true }));
});
