import { type SourceRange, VarveError } from '@varve/core';
import { DOCKER, type Language } from '../language/language.ts';
import { splitArguments } from './arguments.ts';
import { readDirectives, readEscape } from './directives.ts';
import { findHeredocs } from './heredoc.ts';
import { type Line, type LineReader, readLines } from './lines.ts';
import { splitInstruction } from './split-instruction.ts';
import { syntaxError } from './syntax-error.ts';
import type { Heredoc, SyntaxNode, SyntaxTree, SyntaxWarning } from './syntax-node.ts';
import { type Escape, trimSpace, trimStartSpace } from './text.ts';

/** Instructions whose words can open heredocs. */
const TAKES_HEREDOCS: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD']);

export interface SyntaxOptions {
  /** As messages name it. */
  readonly file?: string;
  readonly language?: Language;
}

/** Reads a Dockerfile's text into a tree. @throws VarveError `FRONTEND_SYNTAX` with the place */
export function parseSyntax(text: string, { file = 'Dockerfile', language = DOCKER }: SyntaxOptions = {}): SyntaxTree {
  const lines = readLines(text, file);
  const directives = readDirectives();
  const nodes: SyntaxNode[] = [];
  const warnings: SyntaxWarning[] = [];
  let escapeCharacter: Escape = '\\';
  let comments: string[] = [];
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const start = trimStartSpace(line.text);
    const directive = directives.isOver ? undefined : directives.read(start, placeOf(line, file));
    if (directive?.name === 'escape') escapeCharacter = readEscape(directive, placeOf(line, file));
    if (start === '') continue;
    if (start.startsWith('#')) {
      if (directive === undefined) addComment(comments, start);
      continue;
    }
    const logical = joinContinued(lines, start, escapeCharacter);
    const source = { file, startLine: line.number, endLine: lines.number };
    // told of the line after the gap, where BuildKit tells of it
    if (logical.hasGap) warnings.push(emptyContinuation(logical.text, { ...source, startLine: source.endLine }));
    const above = comments.length === 0 ? NO_COMMENTS : comments;
    nodes.push(readNode({ text: logical.text, lines, escapeCharacter, comments: above, source, language }));
    if (comments.length > 0) comments = []; // the node has kept the list
  }
  if (nodes.length === 0) throw noInstructions(file, lines.number);
  return { file, nodes, escapeCharacter, directives: directives.found, warnings };
}

const placeOf = ({ number }: Line, file: string): SourceRange => ({ file, startLine: number, endLine: number });

/** An empty comment line separates what is above from what is below. */
function addComment(comments: string[], line: string): void {
  const text = trimSpace(line.slice(1));
  if (text === '') comments.length = 0;
  else comments.push(text);
}

/** The line and those that continue it: comments among them vanish, and so do empty lines, of which `hasGap` tells. */
function joinContinued(lines: LineReader, first: string, escapeCharacter: Escape): { text: string; hasGap: boolean } {
  let { text, continues } = trimContinuation(first, escapeCharacter);
  if (!continues) return { text, hasGap: false };
  const parts = [text];
  let hasGap = false;
  while (continues) {
    const line = lines.next();
    if (line === undefined) break;
    const start = trimStartSpace(line.text);
    if (start.startsWith('#')) continue;
    if (start === '') {
      hasGap = true;
      continue;
    }
    ({ text, continues } = trimContinuation(line.text, escapeCharacter));
    parts.push(text);
  }
  return { text: parts.join(''), hasGap };
}

/** An escape character at the end continues the line unless another one stands before it. */
function trimContinuation(text: string, escapeCharacter: Escape): { text: string; continues: boolean } {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end--;
  const continues = text[end - 1] === escapeCharacter && text[end - 2] !== escapeCharacter;
  return { text: continues ? text.slice(0, end - 1) : text, continues };
}

interface NodeInput {
  readonly text: string;
  readonly lines: LineReader;
  readonly escapeCharacter: Escape;
  readonly comments: readonly string[];
  readonly source: SourceRange;
  readonly language: Language;
}

/** What is wrong with an instruction gets the place where it stands. */
function readNode(input: NodeInput): SyntaxNode {
  try {
    return withHeredocs(splitNode(input), input);
  } catch (cause) {
    throw VarveError.is(cause) ? VarveError.with(cause, { source: input.source }) : cause;
  }
}

function withHeredocs(node: SyntaxNode, input: NodeInput): SyntaxNode {
  const command = node.sub ?? node;
  const takesHeredocs = TAKES_HEREDOCS.has(command.cmd) || input.language.instructions.get(command.cmd)?.takesHeredocs === true;
  if (!takesHeredocs || command.json) return node;
  if (!input.text.includes('<<')) return node;
  const heredocs = findHeredocs(input.text).map((heredoc) => readBody(heredoc, input));
  return { ...node, heredocs, end: input.lines.number };
}

function splitNode(input: Omit<NodeInput, 'lines'> & { readonly isSub?: boolean }): SyntaxNode {
  const { text, escapeCharacter, comments, source, language } = input;
  const { keyword, flags, rest } = splitInstruction(text, escapeCharacter);
  const cmd = keyword.toUpperCase();
  const isPutOff = cmd === 'ONBUILD';
  // what ONBUILD puts off may not be put off again: one level is all there is to read
  const sub = !isPutOff || rest === '' || input.isSub ? undefined : splitNode({ ...input, text: rest, comments: [], isSub: true });
  const { args, json } = isPutOff ? NOTHING : splitArguments(rest, { cmd, escapeCharacter, language });
  const { startLine: start, endLine: end } = source;
  return { cmd, keyword, flags, args, json, start, end, sub, heredocs: NO_HEREDOCS, text, comments };
}

const NOTHING: Pick<SyntaxNode, 'args' | 'json'> = { args: [], json: false };
const NO_COMMENTS: readonly string[] = [];
const NO_HEREDOCS: readonly Heredoc[] = [];

function readBody(heredoc: Heredoc, { lines, source }: NodeInput): Heredoc {
  const content: string[] = [];
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const end = heredoc.chomp ? line.text.replace(/^\t+/, '') : line.text;
    if (end === heredoc.name) return { ...heredoc, content: content.join('') };
    content.push(line.raw);
  }
  const hint = `A line with nothing but ${heredoc.name} ends it`;
  throw syntaxError('unterminated heredoc', { ...source, endLine: lines.number }, hint);
}

function emptyContinuation(text: string, source: SourceRange): SyntaxWarning {
  return { code: 'NoEmptyContinuation', message: `Empty continuation line found in: ${text}`, source };
}

function noInstructions(file: string, lines: number): VarveError {
  const line = Math.max(1, lines);
  return syntaxError('file with no instructions', { file, startLine: line, endLine: line }, 'A Dockerfile starts with FROM <image>');
}
