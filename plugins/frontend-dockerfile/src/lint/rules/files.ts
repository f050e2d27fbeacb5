import { posix } from 'node:path';
import { isGit, isUrl } from '../../lower/remote-source.ts';
import { quote } from '../../parser/text.ts';
import type { LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

export const copyIgnoredFile: LintRule = {
  name: 'CopyIgnoredFile',
  description: 'Nothing is copied that the ignore file hides',
  url: ruleUrl('CopyIgnoredFile'),
  about: ['ADD', 'COPY'],
  instruction({ instruction, expansions, isIgnored }, report) {
    if (isIgnored === undefined || (instruction.kind !== 'copy' && instruction.kind !== 'add')) return;
    if (instruction.kind === 'copy' && instruction.from) return;
    const sources = new Map(expansions.map(({ word, value }) => [word, value]));
    for (const source of instruction.sources) {
      const path = sources.get(source) ?? source;
      if (isGit(path) || isUrl(path)) continue;
      const clean = posix.normalize(path).replace(/(?<=.)\/$/, '');
      if (!isIgnored(clean)) continue;
      const doing = instruction.kind === 'copy' ? 'Copy' : 'Add';
      report(`Attempting to ${doing} file ${quote(clean)} that is excluded by .dockerignore`, instruction);
    }
  },
};

/** One relative to a directory that this file has set is fine; so is every one after the first, which is what has to be mended. */
export const workdirRelativePath: LintRule = {
  name: 'WorkdirRelativePath',
  description: 'The first WORKDIR does not depend on that of the base image',
  url: ruleUrl('WorkdirRelativePath'),
  about: ['WORKDIR'],
  instruction({ instruction, expansions, before }, report) {
    if (instruction.kind !== 'workdir' || before.hasWorkdir) return;
    const path = expansions[0]?.value ?? instruction.path;
    if (path.startsWith('/')) return;
    report(`Relative workdir ${quote(path)} can have unexpected results if the base image changes`, instruction);
  },
};
