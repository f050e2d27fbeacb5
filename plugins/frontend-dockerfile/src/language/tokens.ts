import { listToken } from '@varve/core';
import type { LintRule } from '../lint/lint-rule.ts';
import type { FlagExtension, InstructionExtension } from './extension.ts';

/** Instructions besides Docker's own. */
export const INSTRUCTIONS = listToken<InstructionExtension>('dockerfile-instructions');
/** Flags besides those that instructions have. */
export const FLAGS = listToken<FlagExtension>('dockerfile-flags');
/** What Dockerfiles are checked for: Docker's rules, then those of other plugins. */
export const LINT_RULES = listToken<LintRule>('dockerfile-lint-rules');
