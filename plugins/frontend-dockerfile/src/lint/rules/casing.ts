import type { FromInstruction, StageInstruction } from '../../instructions/instruction.ts';
import type { LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

const isLower = (text: string): boolean => text === text.toLowerCase();
const isUpper = (text: string): boolean => text === text.toUpperCase();

/** `as` is written like its FROM; a FROM in mixed case is another rule's matter. */
export const fromAsCasing: LintRule = {
  name: 'FromAsCasing',
  description: 'FROM and AS are written in the same case',
  url: ruleUrl('FromAsCasing'),
  node({ node, ...place }, report) {
    const [, as] = node.args;
    if (node.cmd !== 'FROM' || node.args.length < 3 || as === undefined) return;
    const fits = isLower(node.keyword) ? isLower(as) : !isUpper(node.keyword) || isUpper(as);
    if (!fits) report(`'${as}' and '${node.keyword}' keywords' casing do not match`, place);
  },
};

export const consistentInstructionCasing: LintRule = {
  name: 'ConsistentInstructionCasing',
  description: 'All instructions are written in the case that most of them have',
  url: ruleUrl('ConsistentInstructionCasing'),
  file({ dockerfile }, report) {
    const all: readonly (FromInstruction | StageInstruction)[] = dockerfile.stages.flatMap(({ from, instructions }) => [
      from,
      ...instructions,
    ]);
    const lower = all.filter(({ keyword }) => isLower(keyword)).length;
    const upper = all.filter(({ keyword }) => isUpper(keyword)).length;
    const [fits, wanted] = lower > upper ? [isLower, 'lowercase'] : [isUpper, 'uppercase'];
    for (const instruction of all) {
      const { keyword } = instruction;
      if (!fits(keyword)) report(`Command '${keyword}' should match the case of the command majority (${wanted})`, instruction);
    }
  },
};
