// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { parseDockerfile } from '../../src/instructions/parse-dockerfile.ts';

test('instructions belong to the FROM above them, ARG before the first to none', (t) => {
  const { globals, stages } = parseDockerfile('ARG a\nFROM b AS c\nRUN d\nUSER e\nFROM f\n');
  t.deepEqual(
    globals.map(({ kind }) => kind),
    ['arg'],
  );
  t.deepEqual(
    stages.map(({ index, from, instructions }) => [index, from.image, ...instructions.map(({ kind }) => kind)]),
    [
      [0, 'b', 'run', 'user'],
      [1, 'f'],
    ],
  );
});

const refuses = test.macro({
  exec(t, text: string, line: number, message: string = 'no build stage in current context') {
    const error = t.throws(() => void parseDockerfile(text), { instanceOf: VarveError });
    t.deepEqual([error?.message, error?.source?.startLine], [message, line]);
  },
  title: (_, text: string) => `${JSON.stringify(text)} has no stage`,
});
test(refuses, 'ARG a\nRUN b\nFROM c', 2);
test(refuses, 'ARG a', 1, 'dockerfile contains no stages to build');
test(refuses, 'ENV a=b', 1);

test('5,000 lines are read whole, each instruction with its line', (t) => {
  const text = `FROM a\n${'RUN apt-get update && apt-get install -y x=${Y}\nENV A=b C="d e"\nCOPY --chown=1:2 a b /c/\n'.repeat(1667)}`;
  const [stage] = parseDockerfile(text).stages;
  t.is(stage?.instructions.length, 5001);
  t.is(stage?.instructions.at(-1)?.source.startLine, 5002);
});
