import { COMMANDS, definePlugin } from '@varve/core';
import { checkCommand } from './command/check.ts';
import { probeCommand } from './command/probe.ts';
import { createFrontend } from './dockerfile-frontend.ts';
import { DOCKERFILE_TOOLS, FLAGS, INSTRUCTIONS, LINT_RULES } from './language/tokens.ts';
import { createToolbox } from './language/toolbox.ts';
import { DEFAULT_RULES } from './lint/default-rules.ts';
import { createTools } from './tools.ts';

export const dockerfile = definePlugin({
  name: '@varve/frontend-dockerfile',
  core: '^0.1.0',
  apply({ hooks, inject, provide, contribute }) {
    for (const rule of DEFAULT_RULES) contribute(LINT_RULES, [], () => rule);
    const toolbox = inject('dockerfile-toolbox', [INSTRUCTIONS, FLAGS, LINT_RULES], createToolbox);
    const frontend = inject('dockerfile-frontend', [], () => createFrontend(toolbox()));
    provide(DOCKERFILE_TOOLS, [], () => createTools(toolbox()));
    contribute(COMMANDS, [], () => checkCommand(toolbox));
    contribute(COMMANDS, [], () => probeCommand(toolbox));
    // any text may be meant as a Dockerfile: frontends that know their own files look first
    hooks.frontend.tap(async () => frontend(), { stage: 100 });
  },
});
