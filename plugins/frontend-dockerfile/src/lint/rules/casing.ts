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
  about: ['FROM'],
  node(visit, report) {
    const { node } = visit;
    const [, as] = node.args;
    if (node.args.length < 3 || as === undefined) return;
    const fits = isLower(node.keyword) ? isLower(as) : !isUpper(node.keyword) || isUpper(as);
    if (!fits) report(`'${as}' and '${node.keyword}' keywords' casing do not match`, visit);
  },
};

export const consistentInstructionCasing: LintRule = {
  name: 'ConsistentInstructionCasing',
  description: 'All instructions are written in the case that most of them have',
  url: ruleUrl('ConsistentInstructionCasing'),
  file({ dockerfile: { stages } }, report) {
    const counts = new Map<string, number>();
    const count = ({ keyword }: { readonly keyword: string }): unknown => counts.set(keyword, (counts.get(keyword) ?? 0) + 1);
    for (const { from, instructions } of stages) {
      count(from);
      instructions.forEach(count);
    }
    const [lower, upper] = [isLower, isUpper].map((is) =>
      [...counts].reduce((sum, [keyword, times]) => sum + (is(keyword) ? times : 0), 0),
    );
    const [fits, wanted] = (lower ?? 0) > (upper ?? 0) ? [isLower, 'lowercase'] : [isUpper, 'uppercase'];
    const odd = new Set([...counts.keys()].filter((keyword) => !fits(keyword)));
    if (odd.size === 0) return;
    for (const instruction of stages.flatMap(({ from, instructions }): readonly (FromInstruction | StageInstruction)[] => [
      from,
      ...instructions,
    ])) {
      const { keyword } = instruction;
      if (odd.has(keyword)) report(`Command '${keyword}' should match the case of the command majority (${wanted})`, instruction);
    }
  },
};
