// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { type ExpandOptions, expandWord, expandWords } from '../../src/expand/expand-word.ts';

const ENV = new Map([
  ['NAME', 'varve'],
  ['EMPTY', ''],
  ['PATHS', '/usr/lib:/lib'],
  ['FILE', 'a.tar.gz'],
  ['STARS', '**x**'],
  ['BLANKS', ' one  two '],
  ['한', '글'],
]);

const expands = test.macro({
  exec(t, word: string, expected: string, options?: ExpandOptions) {
    t.is(expandWord(word, ENV, options).value, expected);
  },
  title: (_, word, expected, options) => `${word} becomes ${JSON.stringify(expected)}${options ? ` with ${JSON.stringify(options)}` : ''}`,
});

// quotes and escapes
test(expands, 'plain', 'plain');
test(expands, '', '');
test(expands, "'a $NAME \\x'", 'a $NAME \\x');
test(expands, '"a $NAME \\t \\" \\$NAME \\\\"', 'a varve \\t " $NAME \\');
test(expands, 'a\\ b\\tc', 'a btc');
test(expands, 'a\\', 'a');
test(expands, '"a\'b"', "a'b");
test(expands, 'a\'b\'"c"d', 'abcd');
test(expands, '\\$NAME', '$NAME');
test(expands, 'C:\\dir`$NAME', 'C:\\dir$NAME', { escapeCharacter: '`' });
test(expands, '"`$NAME\\n"', '$NAME\\n', { escapeCharacter: '`' });
test(expands, '\'$NAME\' "$NAME"', '\'varve\' "varve"', { ignoreQuotes: true });
test(expands, '"a" \'b\'', '"a" \'b\'', { keepQuotes: true });
test(expands, 'a\\ b', 'a\\ b', { keepEscapes: true });

// names
test(expands, '$NAME.x', 'varve.x');
test(expands, '${NAME}x', 'varvex');
test(expands, '$NAMEx', '');
test(expands, '$한', '글');
test(expands, '$.', '$.');
test(expands, '$', '$');
test(expands, 'a$ b', 'a$ b');
for (const name of ['$1', '$12', '$@', '$*', '$#', '$?', '$-', '$$', '$!', '$0', '${1}', '${@}']) test(expands, name, '');
test(expands, '$1x', 'x');
test(expands, '$MISSING ${MISSING}', '$MISSING ${MISSING}', { keepUnset: true });
test(expands, '${MISSING:-a} ${MISSING#b} ${MISSING/c/d}', '${MISSING:-a} ${MISSING#b} ${MISSING/c/d}', {
  keepUnset: true,
});

// set, empty, unset
test(expands, '${NAME:-x} ${EMPTY:-x} ${MISSING:-x}', 'varve x x');
test(expands, '${NAME-x} ${EMPTY-x} ${MISSING-x}', 'varve  x');
test(expands, '${NAME:+x} ${EMPTY:+x} ${MISSING:+x}', 'x  ');
test(expands, '${NAME+x} ${EMPTY+x} ${MISSING+x}', 'x x ');
test(expands, '${NAME:?no} ${EMPTY?no}', 'varve ');
test(expands, '${MISSING:-}', '');
test(expands, '${MISSING:-a ${EMPTY:-$NAME} "c}"}', 'a varve c}');
test(expands, '${NAME:+\\}}', '}');

// prefixes and suffixes
test(expands, '${FILE%.*} ${FILE%%.*}', 'a.tar a');
test(expands, '${FILE#*.} ${FILE##*.}', 'tar.gz gz');
test(expands, '${FILE#?} ${FILE%?}', '.tar.gz a.tar.g');
test(expands, '${FILE#*} ${FILE##*} ${FILE%*} ${FILE%%*}', 'a.tar.gz  a.tar.gz ');
test(expands, '${FILE#} ${FILE##} ${FILE%} ${FILE%%}', 'a.tar.gz a.tar.gz a.tar.gz a.tar.gz');
test(expands, '${STARS#\\*} ${STARS##\\**\\*} ${STARS%%x\\*\\*}', '*x**  **');
test(expands, '${NAME#x} ${MISSING#x}', 'varve ');
test(expands, '${PATHS%:$SUFFIX*}', '/usr/lib');
test(expands, '${NAME#${NAME%rve}}', 'rve');

// replacements
test(expands, '${PATHS/lib/LIB} ${PATHS//lib/LIB}', '/usr/LIB:/lib /usr/LIB:/LIB');
test(expands, '${PATHS//\\//_}', '_usr_lib:_lib');
test(expands, '${PATHS//lib/}', '/usr/:/');
test(expands, '${NAME/*/x} ${NAME//v?/$FILE}', 'x a.tar.gzra.tar.gz');
test(expands, '${NAME/r*e/$1\\/}', 'va\\/');
test(expands, '${NAME//q/x} ${MISSING//q/x}', 'varve ');
test(expands, '${NAME//$EMPTY/-}', '-v-a-r-v-e-');

const refuses = test.macro({
  exec(t, word: string, message: string) {
    const error = t.throws(() => expandWord(word, ENV), { instanceOf: VarveError });
    t.is(error?.code, 'FRONTEND_EXPANSION');
    t.true(error?.message.includes(message), error?.message);
  },
  title: (_, word) => `${word} is refused`,
});
test(refuses, "'a", 'looking for matching single-quote');
test(refuses, "'a\\'b'", 'looking for matching single-quote');
test(refuses, '"a', 'looking for matching double-quote');
test(refuses, '"a\\"', 'looking for matching double-quote');
test(refuses, '${', "missing '}'");
test(refuses, '${NAME', "missing '}'");
test(refuses, '${NAME:-x', "missing '}'");
test(refuses, '${NAME:', "missing '}'");
test(refuses, '${NAME:=x', "missing '}'");
test(refuses, "${NAME:-'x", "missing '}'");
test(refuses, '${}', 'bad substitution');
test(refuses, '${{NAME}}', 'bad substitution');
test(refuses, '${:x}', 'bad substitution');
test(refuses, '${NAME=x}', 'unsupported modifier (=) in substitution');
test(refuses, '${NAME:=x}', 'unsupported modifier (:=) in substitution');
test(refuses, '${NAME:#x}', 'unsupported modifier (:#) in substitution');
test(refuses, '${NAME!x}', 'unsupported modifier (!) in substitution');
test(refuses, '${NAME//x}', "missing '/' in ${}");
test(refuses, '${NAME/x/y', "missing '}'");
test(refuses, '${NAME#a\\b}', 'invalid pattern');
test(refuses, '${MISSING?}', 'MISSING: is not allowed to be unset');
test(refuses, '${EMPTY:?}', 'EMPTY: is not allowed to be empty');
test(refuses, '${EMPTY:?say $NAME}', 'EMPTY: say varve');

const splits = test.macro({
  exec(t, word: string, expected: readonly string[]) {
    t.deepEqual(expandWords(word, ENV).words, expected);
  },
  title: (_, word, expected) => `${JSON.stringify(word)} becomes the words ${JSON.stringify(expected)}`,
});
test(splits, 'a  b', ['a', 'b']);
test(splits, ' a\tb ', ['a', 'b']);
test(splits, 'x$BLANKS$NAME', ['x', 'one', 'two', 'varve']);
test(splits, '"$BLANKS"', [' one  two ']);
test(splits, "a' 'b c\\ d", ['a b', 'c d']);
test(splits, '$EMPTY ""', []);
test(splits, '${MISSING:-a b}', ['a', 'b']);

test('names are reported as set or not, once each and in order', (t) => {
  const { matched, unmatched } = expandWord('$NAME ${B:-$A} $B ${EMPTY:+$C}', ENV);
  t.deepEqual(matched, ['NAME', 'EMPTY']);
  t.deepEqual(unmatched, ['A', 'B', 'C']);
});
