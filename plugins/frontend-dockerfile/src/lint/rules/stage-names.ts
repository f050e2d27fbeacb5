import { quote } from '../../parser/text.ts';
import type { LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

export const stageNameCasing: LintRule = {
  name: 'StageNameCasing',
  description: 'Names of stages are in lower case',
  url: ruleUrl('StageNameCasing'),
  about: ['FROM'],
  node(visit, report) {
    const { node } = visit;
    const [, , name] = node.args;
    if (node.args.length !== 3 || name === undefined || name === name.toLowerCase()) return;
    report(`Stage name '${name}' should be lowercase`, visit);
  },
};

export const duplicateStageName: LintRule = {
  name: 'DuplicateStageName',
  description: 'No two stages have the same name',
  url: ruleUrl('DuplicateStageName'),
  file({ dockerfile }, report) {
    const seen = new Set<string>();
    for (const { from } of dockerfile.stages) {
      if (from.name === undefined) continue;
      if (seen.has(from.name)) report(`Duplicate stage name ${quote(from.name)}, stage names should be unique`, from);
      seen.add(from.name);
    }
  },
};

/** Names that mean something else where a stage could be named. */
const RESERVED: readonly string[] = ['context', 'scratch'];

export const reservedStageName: LintRule = {
  name: 'ReservedStageName',
  description: 'No stage has a name with a meaning of its own',
  url: ruleUrl('ReservedStageName'),
  file({ dockerfile }, report) {
    for (const { from } of dockerfile.stages) {
      if (from.name === undefined || !RESERVED.includes(from.name)) continue;
      report(`Stage name should not use the same name as reserved stage ${quote(from.name)}`, from);
    }
  },
};
