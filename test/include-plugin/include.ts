import { definePlugin } from '@varve/core';
import {
  FLAGS,
  type FlagExtension,
  INSTRUCTIONS,
  type InstructionExtension,
  LINT_RULES,
  type LintRule,
} from '@varve/frontend-dockerfile/api';

/** `INCLUDE <file>`: the instructions of a file of the build context, as if they stood here. */
const include: InstructionExtension = {
  keyword: 'INCLUDE',
  usage: 'INCLUDE <file>',
  form: 'words',
  flags: { optional: 'boolean' },
  whyWrong: ({ args }) => (args.length === 1 ? undefined : `INCLUDE requires exactly one argument, got ${args.length}`),
  async lower({ args, values }, scope) {
    const file = scope.expand(args[0] ?? '');
    const text = await scope.readContext(file);
    if (text !== undefined) return await scope.lowerText(text, file);
    return values.optional === true ? [] : scope.fail(`the build context has no file ${file}`);
  },
};

/** `COPY --note=<text>`: says in the image's history why something was copied. */
const note: FlagExtension = {
  instruction: 'COPY',
  name: 'note',
  type: 'string',
  async apply(steps, value, scope) {
    const text = scope.expand(String(value));
    return steps.map((step) => ({ ...step, history: { createdBy: step.history?.createdBy ?? step.title, comment: text } }));
  },
};

/** No file is included by a path that depends on a variable. */
const fixedInclude: LintRule = {
  name: 'FixedInclude',
  description: 'INCLUDE names its file',
  instruction({ instruction, expansions }, report) {
    if (instruction.kind !== 'custom' || instruction.name !== 'INCLUDE') return;
    const [path] = expansions;
    if (path !== undefined && path.word !== path.value) report(`"${path.word}" is not always the same file`, instruction);
  },
};

export const includePlugin = definePlugin({
  name: 'include-plugin',
  core: '^0.1.0',
  requires: ['@varve/frontend-dockerfile'],
  apply({ contribute }) {
    contribute(INSTRUCTIONS, [], () => include);
    contribute(FLAGS, [], () => note);
    contribute(LINT_RULES, [], () => fixedInclude);
  },
});
