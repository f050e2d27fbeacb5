import type { Command } from '@varve/core';
import { BUILD_OPTIONS } from '../build/build-options.ts';
import type { BuildContext } from '../build/run-build.ts';

/** Builds an image. The work is loaded when it is asked for: most commands are not `build`. */
export const buildCommand = (context: BuildContext): Command => ({
  name: 'build',
  aliases: ['image build', 'builder build', 'bud'],
  summary: 'Build an image from a build file and a context',
  usage: '[context]',
  options: BUILD_OPTIONS,
  async run(invocation) {
    const { runBuild } = await import('../build/run-build.ts');
    return await runBuild(invocation, context);
  },
});
