import { VarveError } from '@varve/core';
import test from 'ava';
import { parseSyntax } from '../../src/parser/parse-syntax.ts';

/** Keyword, flags and arguments of each instruction. */
const outline = (text: string) => parseSyntax(text).nodes.map(({ cmd, flags, args, json }) => [cmd, ...flags, ...(json ? [args] : args)]);

const reads = test.macro({
  exec(t, text: string, ...expected: readonly unknown[][]) {
    t.deepEqual(outline(text), expected);
  },
  title: (title, text) => title ?? `reads ${JSON.stringify(text)}`,
});

test('keywords may have any case', reads, 'from a\nRun B', ['FROM', 'a'], ['RUN', 'B']);
test('a byte order mark and CRLF are read over', reads, '\ufeffFROM a\r\nRUN b \\\r\n c\r\n', ['FROM', 'a'], ['RUN', 'b  c']);
test('blanks before the keyword are dropped and those inside kept', reads, ' \t RUN\t a  b \n', ['RUN', 'a  b']);
test(
  'every blank of Unicode counts, a byte order mark further on does not',
  reads,
  '\u3000RUN a\u0085\nRUN \u00a0b\ufeff',
  ['RUN', 'a'],
  ['RUN', 'b\ufeff'],
);
test('comments and blank lines are no instructions', reads, '# a\n\n  # b\nFROM a # c\n', ['FROM', 'a', '#', 'c']);

// continuation
test('an escape character at the end continues, blanks behind it too', reads, 'RUN a \\  \t\n  b\\\nc', ['RUN', 'a   bc']);
test('two escape characters at the end do not continue', reads, 'FROM a\\\\\nRUN b', ['FROM', 'a\\\\'], ['RUN', 'b']);
test('comments inside a continued line vanish', reads, 'RUN a \\\n# b\n  # c \\\n&& d # e', ['RUN', 'a && d # e']);
test('blank lines inside a continued line vanish', reads, 'RUN a \\\n\n   \n b', ['RUN', 'a  b']);
test('an escape character may end the file', reads, 'FROM a\nRUN b \\', ['FROM', 'a'], ['RUN', 'b']);
test('a lone escape character at the end of the file is an instruction without a name', reads, 'FROM a\n\\\n', ['FROM', 'a'], ['']);
test('a line of nothing but an escape character continues', reads, 'RUN a\\\n\\\nb', ['RUN', 'ab']);
test('the escape directive moves continuation', reads, '# escape=`\nRUN a `\n b \\\nUSER c', ['RUN', 'a  b \\'], ['USER', 'c']);

// JSON
test(reads, 'RUN [ "a", "b c", "\\u0041" ] ', ['RUN', ['a', 'b c', 'A']]);
test(reads, 'CMD []', ['CMD', []]);
test(reads, "CMD ['a']", ['CMD', "['a']"]);
test(reads, 'CMD ["a" "b"]', ['CMD', '["a" "b"]']);
test(reads, 'CMD ["a"] b', ['CMD', '["a"] b']);
test(reads, 'CMD ["a",]', ['CMD', '["a",]']);
test(reads, 'CMD ["\\ud800"]', ['CMD', ['\ufffd']]);
test(reads, 'CMD "[\\"a\\"]"', ['CMD', '"[\\"a\\"]"']);
test(reads, 'COPY ["a b", "/c"]', ['COPY', ['a b', '/c']]);
test(reads, 'VOLUME /a  /b', ['VOLUME', '/a', '/b']);
test(reads, 'HEALTHCHECK --retries=3 CMD ["a"]', ['HEALTHCHECK', '--retries=3', ['CMD', 'a']]);
test(reads, 'HEALTHCHECK  CMD   a  b', ['HEALTHCHECK', 'CMD', 'a  b']);

// flags
test(reads, 'COPY --from=a --link b c', ['COPY', '--from=a', '--link', 'b', 'c']);
test(reads, 'COPY --chown="a b" -- --c d', ['COPY', '--chown=a b', '--c', 'd']);
test(reads, 'RUN --mount=type=secret,"id=a b" cat --x', ['RUN', '--mount=type=secret,id=a b', 'cat --x']);
test(reads, 'RUN -x --y', ['RUN', '-x --y']);
test(reads, 'CMD --a ["b"]', ['CMD', '--a', ['b']]);
test(reads, 'COPY --a\\ b c d', ['COPY', '--a b', 'c', 'd']);
test(reads, '# escape=`\nCOPY --a` b --c=\\d e f', ['COPY', '--a b', '--c=\\d', 'e', 'f']);
test(reads, 'COPY --a --', ['COPY', '--a']);
test(reads, 'COPY --a -- -- b', ['COPY', '--a', '--', 'b']);

// pairs
test(reads, 'ENV a b  c ', ['ENV', 'a', 'b  c', '']);
test(reads, 'ENV a=b c="d e" f=\\ g h=', ['ENV', 'a', 'b', '=', 'c', '"d e"', '=', 'f', '\\ g', '=', 'h', '', '=']);
test(reads, 'LABEL "a b"=\'c d\'', ['LABEL', '"a b"', "'c d'", '=']);
test(reads, 'ENV a="b\\"c d" e=f', ['ENV', 'a', '"b\\"c d"', '=', 'e', 'f', '=']);
test(reads, "ENV a='b\\' c=d", ['ENV', 'a', "'b\\'", '=', 'c', 'd', '=']);
test(reads, 'ARG a b=c d="e f"', ['ARG', 'a', 'b=c', 'd="e f"']);
test(reads, 'EXPOSE', ['EXPOSE']);

test('ONBUILD holds the instruction that it puts off', (t) => {
  const [node] = parseSyntax('ONBUILD copy --from=a ["b", "c"]').nodes;
  t.deepEqual([node?.args, node?.flags, node?.json], [[], [], false]);
  const { cmd, flags, args, json, start } = node?.sub ?? {};
  t.deepEqual({ cmd, flags, args, json, start }, { cmd: 'COPY', flags: ['--from=a'], args: ['b', 'c'], json: true, start: 1 });
});

test('positions span all lines of an instruction', (t) => {
  const { nodes } = parseSyntax('\nFROM a\n# x\nRUN a \\\n\n b\nRUN <<E\nx\nE\n');
  t.deepEqual(
    nodes.map(({ start, end }) => [start, end]),
    [
      [2, 2],
      [4, 6],
      [7, 9],
    ],
  );
});

test('comments right above belong to an instruction, up to an empty one', (t) => {
  const { nodes } = parseSyntax('# syntax=a\n# b\n\n# c\nFROM a\n# d\n#\n# e\nRUN f\nRUN g');
  t.deepEqual(
    nodes.map((node) => node.comments),
    [['b', 'c'], ['e'], []],
  );
});

test('an empty line inside an instruction is a warning, told of the line that goes on', (t) => {
  const { warnings } = parseSyntax('FROM a\nRUN b \\\n\n c');
  t.deepEqual(warnings, [
    {
      code: 'NoEmptyContinuation',
      message: 'Empty continuation line found in: RUN b  c',
      source: { file: 'Dockerfile', startLine: 4, endLine: 4 },
    },
  ]);
});

const refuses = test.macro({
  exec(t, text: string, message: string, line: number) {
    const error = t.throws(() => parseSyntax(text), { instanceOf: VarveError });
    t.deepEqual([error?.code, error?.message, error?.source?.startLine], ['FRONTEND_SYNTAX', message, line]);
  },
  title: (title, text) => title ?? `refuses ${JSON.stringify(text)}`,
});
const STRINGS_ONLY = 'when using JSON array syntax, arrays must be comprised of strings only';
test(refuses, '', 'file with no instructions', 1);
test(refuses, '# a\n\n', 'file with no instructions', 2);
test(refuses, 'FROM a\nCMD ["a", 42]', STRINGS_ONLY, 2);
test(refuses, 'COPY [["a"], "b"]', STRINGS_ONLY, 1);
test(refuses, 'ONBUILD RUN [null]', STRINGS_ONLY, 1);
test(refuses, 'FROM a\nENV a', 'ENV must have two arguments', 2);
test(refuses, 'ENV a=b "\u3000x', `Syntax error - can't find = in "\\"\\u3000x". Must be of the form: name=value`, 1);
test(refuses, 'LABEL a=b c', `Syntax error - can't find = in "c". Must be of the form: name=value`, 1);
test(refuses, 'FROM a\nRUN <<EOF\nx\n', 'unterminated heredoc', 2);
test(
  'refuses a line that is too long',
  refuses,
  `FROM a\nRUN ${'x'.repeat(65_532)}`,
  'dockerfile line greater than max allowed size of 65535',
  2,
);
test('measures lines in bytes', refuses, `RUN ${'한'.repeat(21_845)}`, 'dockerfile line greater than max allowed size of 65535', 1);
test('takes a line of 65535 bytes', (t) => t.notThrows(() => parseSyntax(`RUN ${'x'.repeat(65_531)}\n`)));

test('large and odd files are read in time that grows with their size', (t) => {
  const blanks = ' '.repeat(60_000);
  const texts = [
    'RUN echo hello && \\\n'.repeat(20_000),
    `FROM a\nRUN x${blanks}y${blanks.slice(0, 5000)}\n`,
    `# check=a${blanks}b\nFROM a`,
    `RUN ${'['.repeat(60_000)}`,
    'ONBUILD \\\n'.repeat(50_000),
    `${'# x\n'.repeat(100_000)}FROM a`,
    `ENV a=${'"'.repeat(60_000)}`,
    `RUN ${'<<'.repeat(30_000)}`,
    `RUN ${'<<A '.repeat(10_000)}\n${'A\n'.repeat(10_000)}`,
  ];
  const started = performance.now();
  for (const text of texts) t.notThrows(() => parseSyntax(text), text.slice(0, 20));
  t.true(performance.now() - started < 3000);
});
