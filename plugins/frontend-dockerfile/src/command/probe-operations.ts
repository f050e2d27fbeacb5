import { posix } from 'node:path';
import { VarveError } from '@varve/core';
import { createPatternMatcher } from '@varve/core/archive';
import type { Toolbox } from '../dockerfile-frontend.ts';
import { expandWord, expandWords } from '../expand/expand-word.ts';
import { parseInstruction } from '../instructions/parse-instruction.ts';
import { lintDockerfile } from '../lint-dockerfile.ts';
import { parseSyntax } from '../parser/parse-syntax.ts';
import type { SyntaxNode } from '../parser/syntax-node.ts';
import { optionalText, type Question, records, strings, text } from './question.ts';

export type Answer = Readonly<Record<string, unknown>>;

/** @throws Error with nothing but a message, for a question that is none */
export async function answer(question: Question, toolbox: Toolbox): Promise<Answer> {
  const operation = text(question, 'op');
  try {
    if (operation === 'parse') return parse(question, toolbox);
    if (operation === 'expand') return expand(question);
    if (operation === 'ignore') return ignore(question);
    if (operation === 'lint') return await lint(question, toolbox);
  } catch (failure) {
    if (VarveError.is(failure)) return { error: describe(failure) };
    throw failure;
  }
  throw new TypeError(`unknown operation ${JSON.stringify(operation)}: parse, expand, ignore or lint`);
}

const describe = ({ message, source }: VarveError): Answer => ({ message, ...(source && { line: source.startLine }) });

function parse(question: Question, { language }: Toolbox): Answer {
  const { nodes, file } = parseSyntax(text(question, 'text'), { language });
  for (const node of nodes) parseInstruction(node, { file, startLine: node.start, endLine: node.end }, language);
  return { ast: nodes.map(showNode) };
}

function showNode({ cmd, flags, args, json, start, end, sub, heredocs }: SyntaxNode): Answer {
  const shown = heredocs.map(({ name, content, expand: isExpanded, chomp, fd }) => ({ name, content, expand: isExpanded, chomp, fd }));
  return { cmd, flags, args, json, start, end, ...(sub && { sub: showNode(sub) }), heredocs: shown };
}

function expand(question: Question): Answer {
  const env = new Map(Object.entries(records(question, 'env')));
  const word = text(question, 'word');
  const escapeCharacter = text(question, 'escape', '\\') === '`' ? '`' : '\\';
  if (text(question, 'mode', 'word') === 'words') return { values: expandWords(word, env, { escapeCharacter }).words };
  const { value, unmatched } = expandWord(word, env, { escapeCharacter });
  return { value, unmatched };
}

function ignore(question: Question): Answer {
  const matcher = createPatternMatcher(strings(question, 'patterns'));
  return { excluded: strings(question, 'paths').map((path) => matcher.matches(posix.normalize(path).replace(/^\.\/?$/, ''))) };
}

async function lint(question: Question, toolbox: Toolbox): Promise<Answer> {
  const { findings, error } = await lintDockerfile(
    {
      text: text(question, 'text'),
      ignore: optionalText(question, 'ignore'),
      args: records(question, 'args'),
      target: optionalText(question, 'target'),
      platform: optionalText(question, 'platform'),
    },
    toolbox,
  );
  const warnings = findings.map(({ rule, source, detail }) => ({ rule, line: source.startLine, detail }));
  return { warnings, ...(error && { error: describe(error) }) };
}
