import { parseReference } from '@varve/core/image';
import { type Environment, type ExpandOptions, expandWord } from '../../expand/expand-word.ts';
import type { LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

export const undefinedArgInFrom: LintRule = {
  name: 'UndefinedArgInFrom',
  description: 'FROM uses only arguments that are declared above it',
  url: ruleUrl('UndefinedArgInFrom'),
  from({ from, image, platform }, report) {
    for (const { name, similar } of [...image.unknown, ...(platform?.unknown ?? [])]) {
      report(`FROM argument '${name}' is not declared${similar === undefined ? '' : ` (did you mean ${similar}?)`}`, from);
    }
  },
};

export const invalidDefaultArgInFrom: LintRule = {
  name: 'InvalidDefaultArgInFrom',
  description: 'Without build arguments, too, FROM names an image',
  url: ruleUrl('InvalidDefaultArgInFrom'),
  file({ dockerfile, defaults, escapeCharacter }, report) {
    if (defaults === undefined) return;
    for (const { from } of dockerfile.stages) {
      const image = expandOrNothing(from.image, defaults, { escapeCharacter });
      if (image === undefined) return; // the build fails at this very place
      if (!isReference(image)) report(`Default value for ARG ${from.image} results in empty or invalid base image name`, from);
    }
  },
};

function expandOrNothing(word: string, env: Environment, options: ExpandOptions): string | undefined {
  try {
    return expandWord(word, env, options).value;
  } catch {
    return undefined;
  }
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false; // that it is none is all there is to know
  }
}
