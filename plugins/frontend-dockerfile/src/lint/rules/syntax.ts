import type { LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

export const noEmptyContinuation: LintRule = {
  name: 'NoEmptyContinuation',
  description: 'No empty line stands in the middle of an instruction',
  url: ruleUrl('NoEmptyContinuation'),
  tree({ warnings }, report) {
    for (const { source } of warnings) report('Empty continuation line', { source, comments: [] });
  },
};

export const maintainerDeprecated: LintRule = {
  name: 'MaintainerDeprecated',
  description: 'A label says who maintains an image',
  url: ruleUrl('MaintainerDeprecated'),
  about: ['MAINTAINER'],
  node: (visit, report) => report('Maintainer instruction is deprecated in favor of using label', visit),
};

/** Comments that describe are shown by tools that list a file's stages and arguments. */
export const invalidDefinitionDescription: LintRule = {
  name: 'InvalidDefinitionDescription',
  description: 'A comment above a stage or argument begins with its name',
  url: ruleUrl('InvalidDefinitionDescription'),
  about: ['ARG', 'FROM'],
  experimental: true,
  node(visit, report) {
    const comment = visit.comments.at(-1);
    if (comment === undefined) return;
    const { node } = visit;
    const names = definedNames(node);
    if (names.length === 0 || names.includes(comment.split(' ', 1)[0] ?? '')) return;
    report(`Comment for ${node.cmd} should follow the format: \`# ${names.length > 1 ? '<arg_key>' : names[0]} <description>\``, visit);
  },
};

function definedNames({ cmd, args }: { readonly cmd: string; readonly args: readonly string[] }): readonly string[] {
  if (cmd === 'ARG') return args.map((arg) => arg.split('=', 1)[0] ?? '');
  const [, , name] = args;
  return cmd === 'FROM' && args.length === 3 && name !== undefined ? [name.toLowerCase()] : [];
}
