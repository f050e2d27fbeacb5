// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { PassThrough, Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import type { Invocation } from '@varve/core';
import test from 'ava';
import { probeCommand } from '../../src/command/probe.ts';
import { createToolbox } from '../../src/language/toolbox.ts';
import { DEFAULT_RULES } from '../../src/lint/default-rules.ts';

/** What the command writes when it reads these chunks. */
async function probe(...chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  const stdout = new PassThrough();
  const written = textOf(stdout);
  const command = probeCommand(() => createToolbox([], [], DEFAULT_RULES));
  const stdin = Readable.from(chunks.map((chunk) => Buffer.from(chunk as string)));
  // the command needs no more of it
  const invocation = { stdin, stdout, stderr: new PassThrough(), values: {}, positionals: [], signal: AbortSignal.timeout(60_000) };
  const code = await command.run(invocation as unknown as Invocation);
  stdout.end();
  if (code !== 0) throw new Error(`exit code ${code}`);
  return (await written).split('\n').slice(0, -1);
}

const answers = test.macro({
  async exec(t, question: unknown, expected: string) {
    t.deepEqual(await probe(`${JSON.stringify(question)}\n`), [expected]);
  },
  title: (_, question) => `answers ${JSON.stringify(question)}`,
});
test(
  answers,
  { id: 0, op: 'parse', text: 'FROM a\nrun --mount=x=y b \\\n # c\n  d\nCOPY <<E /f\n$x\nE\nCMD ["e"]' },
  '{"id":0,"ast":[{"cmd":"FROM","flags":[],"args":["a"],"json":false,"start":1,"end":1,"heredocs":[]},{"cmd":"RUN","flags":["--mount=x=y"],"args":["b   d"],"json":false,"start":2,"end":4,"heredocs":[]},{"cmd":"COPY","flags":[],"args":["<<E","/f"],"json":false,"start":5,"end":7,"heredocs":[{"name":"E","content":"$x\\n","expand":true,"chomp":false,"fd":0}]},{"cmd":"CMD","flags":[],"args":["e"],"json":true,"start":8,"end":8,"heredocs":[]}]}',
);
test(
  answers,
  { id: 'x', op: 'parse', text: 'ONBUILD ENV a=b c=d' },
  '{"id":"x","ast":[{"cmd":"ONBUILD","flags":[],"args":[],"json":false,"start":1,"end":1,"sub":{"cmd":"ENV","flags":[],"args":["a","b","=","c","d","="],"json":false,"start":1,"end":1,"heredocs":[]},"heredocs":[]}]}',
);
test(
  answers,
  { id: 1, op: 'parse', text: 'FROM a\nCOPY --frm=b c d' },
  '{"id":1,"error":{"message":"dockerfile parse error on line 2: unknown flag: --frm (did you mean from?)","line":2}}',
);
test(answers, { id: 2, op: 'parse', text: '' }, '{"id":2,"error":{"message":"file with no instructions","line":1}}');
test(answers, { id: 3, op: 'expand', word: 'he${X:-y}', env: { X: '1' }, mode: 'word' }, '{"id":3,"value":"he1","unmatched":[]}');
test(answers, { id: 4, op: 'expand', word: 'a $B "c d"', env: {}, mode: 'words' }, '{"id":4,"values":["a","c d"]}');
test(answers, { id: 5, op: 'expand', word: '$A$B', env: { B: '' } }, '{"id":5,"value":"","unmatched":["A"]}');
test(
  answers,
  { id: 6, op: 'expand', word: '${', env: {} },
  '{"id":6,"error":{"message":"failed to process \\"${\\": syntax error: missing \'}\'"}}',
);
test(
  answers,
  { id: 7, op: 'expand', word: '${constructor}$__proto__', env: {} },
  '{"id":7,"value":"","unmatched":["constructor","__proto__"]}',
);
test(answers, { id: 8, op: 'ignore', patterns: ['*', '!a'], paths: ['a/b', 'c'] }, '{"id":8,"excluded":[false,true]}');
test(answers, { id: 9, op: 'ignore', patterns: [], paths: ['a'] }, '{"id":9,"excluded":[false]}');
test(
  answers,
  { id: 10, op: 'lint', text: 'FROM a\nCMD b', ignore: '', args: {}, target: '', platform: '' },
  '{"id":10,"warnings":[{"rule":"JSONArgsRecommended","line":2,"detail":"JSON arguments recommended for CMD to prevent unintended behavior related to OS signals"}]}',
);
test(answers, { id: 11, op: 'lint', text: 'FROM a' }, '{"id":11,"warnings":[]}');
test(
  answers,
  { id: 12, op: 'lint', text: 'FROM a\nX' },
  '{"id":12,"warnings":[],"error":{"message":"dockerfile parse error on line 2: unknown instruction: X","line":2}}',
);
test(answers, { id: 13, op: 'dance' }, '{"id":13,"error":{"message":"unknown operation \\"dance\\": parse, expand, ignore or lint"}}');
test(answers, { id: 14 }, '{"id":14,"error":{"message":"\\"op\\" should be text"}}');
test(answers, { op: 'lint', text: 1 }, '{"id":null,"error":{"message":"\\"text\\" should be text"}}');
test(answers, [], '{"id":null,"error":{"message":"a question is a JSON object"}}');

test('a line that is no JSON is answered, and so are those after it', async (t) => {
  const [first, second, ...others] = await probe('{"id":1,\n\n  \r\n', '{"id":2,"op":"ignore","patterns":["a"],"paths":["a"]}');
  t.true(first?.startsWith('{"id":null,"error":{"message":"'));
  t.is(second, '{"id":2,"excluded":[true]}');
  t.deepEqual(others, []);
});

test('characters may lie across chunks', async (t) => {
  const bytes = Buffer.from('{"id":"ä","op":"expand","word":"ö","env":{}}\n');
  const at = bytes.indexOf('ö') + 1;
  t.deepEqual(await probe(bytes.subarray(0, at), bytes.subarray(at)), ['{"id":"ä","value":"ö","unmatched":[]}']);
});

test('a line without end is answered without being kept', async (t) => {
  const chunks = Array.from({ length: 70 }, () => 'x'.repeat(1 << 20));
  t.deepEqual(await probe(...chunks, '\n', '{"id":1,"op":"x"}'), [
    '{"id":null,"error":{"message":"a question is a line of at most 64 MiB"}}',
    '{"id":1,"error":{"message":"unknown operation \\"x\\": parse, expand, ignore or lint"}}',
  ]);
});

test('nothing on stdin is no question', async (t) => {
  t.deepEqual(await probe(), []);
});
