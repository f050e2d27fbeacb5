export type { Toolbox } from './dockerfile-frontend.ts';
export { ExpansionBudget } from './expand/budget.ts';
export { type Environment, type ExpandOptions, type Expansion, expandWord, expandWords } from './expand/expand-word.ts';
export { parseIgnoreFile } from './ignore/parse-ignore-file.ts';
export type { FlagType, FlagTypes, FlagValue } from './instructions/flags.ts';
export type {
  CustomInstruction,
  Dockerfile,
  DockerfileStage,
  FromInstruction,
  Instruction,
  StageInstruction,
} from './instructions/instruction.ts';
export { parseDockerfile } from './instructions/parse-dockerfile.ts';
export { parseInstruction } from './instructions/parse-instruction.ts';
export type { ArgumentForm, ExtensionScope, FlagExtension, InstructionExtension } from './language/extension.ts';
export { createLanguage, type Language } from './language/language.ts';
export { DOCKERFILE_TOOLS, type DockerfileTools, FLAGS, INSTRUCTIONS, LINT_RULES } from './language/tokens.ts';
export { DEFAULT_RULES } from './lint/default-rules.ts';
export type {
  BaseVisit,
  ExpandedWord,
  FileVisit,
  FromVisit,
  FromWord,
  InstructionVisit,
  LintPlace,
  LintRule,
  NodeVisit,
  Report,
  UnknownName,
} from './lint/lint-rule.ts';
export type { Finding } from './lint/linter.ts';
export { type LintRequest, type LintResult, lintDockerfile } from './lint-dockerfile.ts';
export type { Outline, OutlinedArgument, Target } from './outline-dockerfile.ts';
export { type Directive, detectSyntax } from './parser/directives.ts';
export { parseSyntax, type SyntaxOptions } from './parser/parse-syntax.ts';
export type { Heredoc, SyntaxNode, SyntaxTree, SyntaxWarning } from './parser/syntax-node.ts';
