import test from 'ava';
import { parseIgnoreFile } from '../../src/ignore/parse-ignore-file.ts';

const reads = test.macro({
  exec(t, text: string, expected: readonly string[]) {
    t.deepEqual(parseIgnoreFile(text), expected);
  },
  title: (_, text, expected) => `the lines ${JSON.stringify(text)} are the patterns ${JSON.stringify(expected)}`,
});
test(reads, '', []);
test(reads, 'a\nb\n', ['a', 'b']);
test(reads, '\ufeffa\r\nb\r\n', ['a', 'b']);
test(reads, '# comment\n\n  \n a \n', ['a']);
test(reads, ' # not a comment', ['# not a comment']);
test(reads, '/a/b\n./c\nd/\ne//f/../g', ['a/b', 'c', 'd', 'e/g']);
test(reads, '! /a\n!b/\n!\n! ', ['!a', '!b', '!', '!']);
test(reads, '/\n.\n..\n../x', ['/', '.', '..', '../x']);
test(reads, '**/*.go\na[!b]\\*', ['**/*.go', 'a[!b]\\*']);
