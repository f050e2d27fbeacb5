import type { SourceRange } from '@varve/core';
import type { Language } from '../language/language.ts';
import { parseSyntax } from '../parser/parse-syntax.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import type { StageInstruction } from './instruction.ts';
import { parseInstruction } from './parse-instruction.ts';

/** An ONBUILD trigger of a base image as an instruction that stands at `source`, where the base is named. */
export function parseTrigger(text: string, { source, language }: { source: SourceRange; language: Language }): StageInstruction {
  const [node, ...others] = parseSyntax(text, { file: source.file, language }).nodes;
  if (node === undefined || others.length > 0) throw syntaxError('onbuild trigger should be a single expression', source);
  const instruction = parseInstruction(node, source, language);
  if (instruction.kind === 'from') throw syntaxError("FROM isn't allowed as an ONBUILD trigger", source);
  return instruction;
}
