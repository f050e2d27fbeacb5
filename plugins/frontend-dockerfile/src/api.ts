export { ExpansionBudget } from './expand/budget.ts';
export { type Environment, type ExpandOptions, type Expansion, expandWord, expandWords } from './expand/expand-word.ts';
export { parseIgnoreFile } from './ignore/parse-ignore-file.ts';
export type { Dockerfile, DockerfileStage, Instruction, StageInstruction } from './instructions/instruction.ts';
export { parseDockerfile } from './instructions/parse-dockerfile.ts';
export { parseInstruction } from './instructions/parse-instruction.ts';
export { type Directive, detectSyntax } from './parser/directives.ts';
export { parseSyntax } from './parser/parse-syntax.ts';
export type { Heredoc, SyntaxNode, SyntaxTree, SyntaxWarning } from './parser/syntax-node.ts';
