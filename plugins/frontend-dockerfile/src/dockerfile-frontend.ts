import type { BuildSource, Frontend, FrontendRequest, Plan } from '@varve/core';
import { type GroupOptions, groupStages } from './instructions/parse-dockerfile.ts';
import { DOCKER, type Language } from './language/language.ts';
import { readCheckOptions } from './lint/check-options.ts';
import { DEFAULT_RULES } from './lint/default-rules.ts';
import type { LintRule } from './lint/lint-rule.ts';
import { Linter } from './lint/linter.ts';
import { lowerDockerfile } from './lower/lower-dockerfile.ts';
import { parseSyntax } from './parser/parse-syntax.ts';
import type { SyntaxTree } from './parser/syntax-node.ts';
import { warnOfSyntax } from './warn-of-syntax.ts';

/** What the frontend knows when it is made. */
export interface Toolbox {
  readonly language: Language;
  readonly rules: readonly LintRule[];
}

/** Reads Dockerfiles. */
export function createFrontend({ language, rules }: Toolbox): Frontend {
  return {
    name: 'dockerfile',
    async parse(source: BuildSource, request: FrontendRequest): Promise<Plan> {
      const text = await source.text();
      // also of a file that turns out to be in that other language
      warnOfSyntax(text, source.file, request);
      const tree = parseSyntax(text, { file: source.file, language });
      const linter = new Linter({ rules, options: readCheckOptions(tree, request.args), file: source.file });
      try {
        const plan = await lowerTree(tree, request, { language, linter });
        linter.refuse();
        return plan;
      } finally {
        // also of a file that turns out to be none: what is odd about it may say why
        for (const { rule: code, detail: message, source: place } of linter.findings()) request.warn({ code, message, source: place });
      }
    },
  };
}

interface Reading {
  readonly language: Language;
  readonly linter: Linter;
  readonly isCheck?: boolean;
}

/** Checks and lowers a tree while a linter looks on. @throws VarveError `FRONTEND_…` with the place */
export async function lowerTree(tree: SyntaxTree, request: FrontendRequest, reading: Reading): Promise<Plan> {
  const { language, linter } = reading;
  linter.ask('tree', tree);
  const see: GroupOptions['see'] = (node, source) => {
    if (linter.asks('node', node.cmd)) linter.ask('node', { node, source, comments: node.comments }, node.cmd);
  };
  return await lowerDockerfile(groupStages(tree, { language, see }), request, reading);
}

/** Reads Docker's language and nothing else. */
export const dockerfileFrontend: Frontend = createFrontend({ language: DOCKER, rules: DEFAULT_RULES });
