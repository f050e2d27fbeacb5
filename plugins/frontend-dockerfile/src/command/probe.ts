import type { Command } from '@varve/core';
import type { Toolbox } from '../dockerfile-frontend.ts';
import { answer } from './probe-operations.ts';
import { readQuestions } from './read-questions.ts';

/** `varve dockerfile probe`: questions about the language, one JSON object a line, for tools and tests. */
export const probeCommand = (toolbox: () => Toolbox): Command => ({
  name: 'dockerfile probe',
  summary: 'Answer questions about Dockerfiles, one JSON object a line',
  async run({ stdin, stdout, signal }) {
    for await (const line of readQuestions(stdin)) {
      signal.throwIfAborted();
      const text = `${await answerLine(line, toolbox())}\n`;
      if (!stdout.write(text)) await new Promise<void>((resolve) => stdout.once('drain', resolve));
    }
    return 0;
  },
});

/** One line's answer, whatever the line is; `undefined` stands for one that is too long. */
export async function answerLine(line: string | undefined, toolbox: Toolbox): Promise<string> {
  let id: unknown = null;
  try {
    const question = readQuestion(line);
    id = question.id ?? null;
    return JSON.stringify({ id, ...(await answer(question, toolbox)) });
  } catch (failure) {
    return JSON.stringify({ id, error: { message: failure instanceof Error ? failure.message : String(failure) } });
  }
}

function readQuestion(line: string | undefined): Readonly<Record<string, unknown>> {
  if (line === undefined) throw new RangeError('a question is a line of at most 64 MiB');
  const question: unknown = JSON.parse(line);
  if (typeof question === 'object' && question !== null && !Array.isArray(question)) return question as Record<string, unknown>;
  throw new TypeError('a question is a JSON object');
}
