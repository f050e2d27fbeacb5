import { VarveError } from '@varve/core';
import type { Toolbox } from '../dockerfile-frontend.ts';
import type { LintRule } from '../lint/lint-rule.ts';
import type { FlagExtension, InstructionExtension } from './extension.ts';
import { createLanguage } from './language.ts';

/** Docker's language with everything that plugins added. @throws VarveError `FRONTEND_EXTENSION` */
export function createToolbox(
  instructions: readonly InstructionExtension[],
  flags: readonly FlagExtension[],
  rules: readonly LintRule[],
): Toolbox {
  const names = rules.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new VarveError('FRONTEND_EXTENSION', `there already is a rule ${twice}`, { hint: 'Take one of the plugins out of the preset.' });
  return { language: createLanguage({ instructions, flags }), rules };
}
