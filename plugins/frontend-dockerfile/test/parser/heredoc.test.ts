import test from 'ava';
import { findHeredocs, heredocContent, parseHeredocWord } from '../../src/parser/heredoc.ts';
import { parseSyntax } from '../../src/parser/parse-syntax.ts';

const takes = test.macro({
  exec(t, word: string, name: string | undefined, { expand = true, chomp = false, fd = 0 } = {}) {
    t.deepEqual(parseHeredocWord(word), name === undefined ? undefined : { name, content: '', expand, chomp, fd });
  },
  title: (_, word, name) => `${word} ${name === undefined ? 'opens no heredoc' : `ends with ${name}`}`,
});
test(takes, '<<EOF', 'EOF');
test(takes, '<<-EOF', 'EOF', { chomp: true });
test(takes, '3<<EOF', 'EOF', { fd: 3 });
test(takes, "<<'EOF'", 'EOF', { expand: false });
test(takes, '<<-"EOF"', 'EOF', { expand: false, chomp: true });
test(takes, '<<E"O"F', 'EOF', { expand: false });
test(takes, "<<E\\'F", "E'F");
test(takes, "<<'a b'", 'a b', { expand: false });
test(takes, '<< EOF', 'EOF');
test(takes, '<<$EOF', '$EOF');
test(takes, '<<file.txt', 'file.txt');
for (const word of ['', 'EOF', '<<', '<<-', '<EOF', '<<<EOF', '<<EOF sh', 'a<<EOF', '<<""']) test(takes, word, undefined);
for (const word of ["<<'EOF", '<<"EOF', '<<EOF"']) test(`${word} is refused`, (t) => void t.throws(() => parseHeredocWord(word)));

const opens = test.macro({
  exec(t, line: string, ...names: readonly string[]) {
    t.deepEqual(
      findHeredocs(line).map(({ name }) => name),
      names,
    );
  },
  title: (_, line) => `heredocs of ${line}`,
});
test(opens, 'RUN <<A cat 3<<-B', 'A', 'B');
test(opens, 'RUN "<<A" \'<<B\' \\<<C');
test(opens, 'RUN << -A', '-A');
test(opens, 'RUN <<- A <<\rB', 'A', 'B');
test(opens, "RUN echo it's <<A");
test(opens, 'RUN cat << A  > b <<<C', 'A');

const bodies = test.macro({
  exec(t, text: string, ...contents: readonly string[]) {
    const heredocs = parseSyntax(text).nodes.flatMap((node) => node.heredocs);
    t.deepEqual(
      heredocs.map((heredoc) => heredoc.content),
      contents,
    );
  },
  title: (_, text) => `bodies in ${JSON.stringify(text)}`,
});
test(bodies, 'RUN <<E\n a\n\n# b\nE\nRUN c', ' a\n\n# b\n');
test(bodies, 'COPY <<A <<B /c\nB\nA\nA\nB\n', 'B\n', 'A\n');
test(bodies, 'RUN <<-E\n\ta\n\t\tE\n', '\ta\n');
test(bodies, 'RUN <<E \\\n  cat\na\\\nE', 'a\\\n');
test(bodies, 'RUN <<E\r\na\r\nE\r\n', 'a\r\n');
test(bodies, 'ONBUILD COPY <<E /x\na\nE', 'a\n');
test(bodies, 'ADD <<E /x\nE', '');
test(bodies, 'RUN ["<<E"]\nUSER <<E');

test('<<- strips leading tabs and no blanks', (t) => {
  const [node] = parseSyntax('RUN <<-E\n\t\ta\n\t b\nE').nodes;
  t.deepEqual(node?.heredocs.map(heredocContent), ['a\n b\n']);
});
