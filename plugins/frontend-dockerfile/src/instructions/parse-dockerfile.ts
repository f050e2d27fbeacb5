import type { SourceRange } from '@varve/core';
import { DOCKER, type Language } from '../language/language.ts';
import { parseSyntax } from '../parser/parse-syntax.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import type { SyntaxNode, SyntaxTree } from '../parser/syntax-node.ts';
import type { ArgInstruction, Dockerfile, DockerfileStage, FromInstruction, StageInstruction } from './instruction.ts';
import { parseInstruction } from './parse-instruction.ts';

/** Reads a whole Dockerfile: instructions with types, by stage. @throws VarveError `FRONTEND_SYNTAX` with the place */
export function parseDockerfile(text: string, file = 'Dockerfile'): Dockerfile {
  return groupStages(parseSyntax(text, { file }));
}

export interface GroupOptions {
  readonly language?: Language;
  /** Told of each node before it is checked. */
  readonly see?: (node: SyntaxNode, source: SourceRange) => void;
}

/** Gives the nodes of a tree their types and puts them below their FROM. @throws VarveError `FRONTEND_SYNTAX` with the place */
export function groupStages(tree: SyntaxTree, { language = DOCKER, see }: GroupOptions = {}): Dockerfile {
  const { file, nodes, escapeCharacter, directives, warnings } = tree;
  const globals: ArgInstruction[] = [];
  const stages: { readonly from: FromInstruction; readonly instructions: StageInstruction[] }[] = [];
  for (const node of nodes) {
    const source = { file, startLine: node.start, endLine: node.end };
    see?.(node, source);
    const instruction = parseInstruction(node, source, language);
    const stage = stages.at(-1);
    if (instruction.kind === 'from') stages.push({ from: instruction, instructions: [] });
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') globals.push(instruction);
    else throw syntaxError('no build stage in current context', source, 'Only ARG may stand before the first FROM');
  }
  if (stages.length === 0) throw noStage(file, nodes.at(-1)?.end ?? 1);
  return {
    file,
    escapeCharacter,
    directives,
    warnings,
    globals,
    stages: stages.map((stage, index): DockerfileStage => ({ ...stage, index })),
  };
}

function noStage(file: string, line: number): Error {
  const message = 'dockerfile contains no stages to build';
  return syntaxError(message, { file, startLine: line, endLine: line }, 'A Dockerfile needs FROM <image>');
}
