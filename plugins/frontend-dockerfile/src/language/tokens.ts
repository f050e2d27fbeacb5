import { listToken, token } from '@varve/core';
import type { LintRule } from '../lint/lint-rule.ts';
import type { LintRequest, LintResult } from '../lint-dockerfile.ts';
import type { Outline, Target } from '../outline-dockerfile.ts';
import type { FlagExtension, InstructionExtension } from './extension.ts';

/** Instructions besides Docker's own. */
export const INSTRUCTIONS = listToken<InstructionExtension>('dockerfile-instructions');
/** Flags besides those that instructions have. */
export const FLAGS = listToken<FlagExtension>('dockerfile-flags');
/** What Dockerfiles are checked for: Docker's rules, then those of other plugins. */
export const LINT_RULES = listToken<LintRule>('dockerfile-lint-rules');

/** What can be said of a Dockerfile without building it (`--call`), with the instructions, flags and rules of all plugins. */
export interface DockerfileTools {
  check(request: LintRequest): Promise<LintResult>;
  /** @throws VarveError `FRONTEND_…` with the place */
  targets(request: Pick<LintRequest, 'text' | 'file'>): readonly Target[];
  /** @throws VarveError `FRONTEND_…` with the place */
  outline(request: LintRequest): Promise<Outline>;
}
export const DOCKERFILE_TOOLS = token<DockerfileTools>('dockerfile-tools');
