import { VarveError } from '@varve/core';
import test from 'ava';
import { detectSyntax } from '../../src/parser/directives.ts';
import { parseSyntax } from '../../src/parser/parse-syntax.ts';

const finds = test.macro({
  exec(t, text: string, ...expected: readonly (readonly [string, string])[]) {
    const { directives } = parseSyntax(`${text}\nFROM a`);
    t.deepEqual(
      directives.map(({ name, value }) => [name, value]),
      expected,
    );
  },
  title: (_, text) => `directives of ${JSON.stringify(text)}`,
});
test(
  finds,
  '# syntax=a/b:1\n#escape=`\n#  Check = skip=X;error=true ',
  ['syntax', 'a/b:1'],
  ['escape', '`'],
  ['check', 'skip=X;error=true'],
);
test(finds, '# a comment\n# escape=`');
test(finds, '\n# escape=`');
test(finds, '# foo=bar\n# escape=`');
test(finds, '# ESCAPE=\\', ['escape', '\\']);
test(finds, '  # escape=`', ['escape', '`']);
test(finds, '# escape =` ', ['escape', '`']);
test(finds, '## escape=`');
test(finds, '# escape=');
test(finds, '#\u3000escape=`', ['escape', '`']);
test(finds, '# escape\u00a0=`');

const refuses = test.macro({
  exec(t, text: string, message: string, line: number) {
    const error = t.throws(() => parseSyntax(`${text}\nFROM a`), { instanceOf: VarveError });
    t.deepEqual([error?.message, error?.source?.startLine], [message, line]);
  },
  title: (_, text) => `refuses ${JSON.stringify(text)}`,
});
test(refuses, '# escape=x', "invalid escape token 'x' does not match ` or \\", 1);
test(refuses, '# escape= ', "invalid escape token ' ' does not match ` or \\", 1);
test(refuses, '# escape=\u00a0`', "invalid escape token '\u00a0`' does not match ` or \\", 1);
test(refuses, '# escape=\\\\', "invalid escape token '\\\\' does not match ` or \\", 1);
test(refuses, '# escape=`\n# Escape=`', 'only one escape parser directive can be used', 2);
test(refuses, '# syntax=a\n# syntax=a', 'only one syntax parser directive can be used', 2);

const detects = test.macro({
  exec(t, text: string, ref: string | undefined, line?: number) {
    t.deepEqual(detectSyntax(text), ref === undefined ? undefined : { ref, line: line ?? 1 });
  },
  title: (_, text, ref) => `the syntax of ${JSON.stringify(text)} is ${ref}`,
});
test(detects, '# syntax=docker/dockerfile:1 x=y\nFROM a', 'docker/dockerfile:1');
test(detects, '\ufeff# escape=`\r\n# syntax = a\r\n', 'a', 2);
test(detects, '#!/usr/bin/env x\n# syntax=a', 'a', 2);
test(detects, '//syntax=a\n{}', 'a');
test(detects, '{"syntax": "a", "b": 1}', 'a');
test(detects, '{"syntax": 1}', undefined);
test(detects, 'FROM a\n# syntax=b', undefined);
test(detects, '# escape=`\n# escape=`\n# syntax=b', undefined);
