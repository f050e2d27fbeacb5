import type { LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

/** A shell in front of the program gets the signals that are meant for it. Whoever sets SHELL knows about the shell. */
export const jsonArgsRecommended: LintRule = {
  name: 'JSONArgsRecommended',
  description: 'CMD and ENTRYPOINT are JSON arrays, so that signals reach the program',
  url: ruleUrl('JSONArgsRecommended'),
  about: ['CMD', 'ENTRYPOINT'],
  instruction({ instruction, before }, report) {
    if (instruction.kind !== 'cmd' && instruction.kind !== 'entrypoint') return;
    if (instruction.command.form === 'exec' || before.hasShell) return;
    const what = `JSON arguments recommended for ${instruction.keyword} to prevent unintended behavior related to OS signals`;
    report(what, instruction);
  },
};

const ONLY_ONE: ReadonlySet<string> = new Set(['cmd', 'entrypoint', 'healthcheck']);

/** Told of the earlier one: it is the one without effect. */
export const multipleInstructionsDisallowed: LintRule = {
  name: 'MultipleInstructionsDisallowed',
  description: 'A stage says once what its image runs',
  url: ruleUrl('MultipleInstructionsDisallowed'),
  stage(instructions, report) {
    const last = new Map<string, (typeof instructions)[number]>();
    for (const instruction of instructions) {
      if (!ONLY_ONE.has(instruction.kind)) continue;
      const earlier = last.get(instruction.kind);
      const what = `Multiple ${instruction.keyword} instructions should not be used in the same stage because only the last one will be used`;
      if (earlier !== undefined) report(what, earlier);
      last.set(instruction.kind, instruction);
    }
  },
};
