import type { Command } from '@varve/core';
import type { ContainerStore } from '../engine.ts';
import { commandOf } from './command.ts';
import { TERMINAL_OPTIONS } from './terminal-options.ts';

/** Verbs that tie a terminal to a process of a container. */
export const PROCESS_COMMANDS: readonly ((store: ContainerStore) => Command)[] = [
  commandOf(
    {
      name: 'exec',
      aliases: ['container exec'],
      summary: 'Run one more process in a container',
      usage: '<container> <command> [<argument>...]',
      passThrough: true,
      options: {
        detach: { type: 'boolean', short: 'd', description: 'let it run by itself' },
        'detach-keys': TERMINAL_OPTIONS['detach-keys'],
        env: { type: 'string', short: 'e', multiple: true, value: '<name>[=<value>]', description: 'a variable of the environment' },
        'env-file': { type: 'string', multiple: true, value: '<file>', description: 'read variables from a file' },
        interactive: { type: 'boolean', short: 'i', description: 'feed its input' },
        privileged: { type: 'boolean', description: 'with all capabilities' },
        tty: { type: 'boolean', short: 't', description: 'give the process a terminal' },
        user: { type: 'string', short: 'u', value: '<user>[:<group>]', description: 'who the process runs as' },
        workdir: { type: 'string', short: 'w', value: '<path>', description: 'working directory' },
      },
    },
    async () => (await import('../verbs/exec.ts')).exec,
  ),
  commandOf(
    {
      name: 'attach',
      aliases: ['container attach'],
      summary: 'Tie the streams of this terminal to a container that runs',
      usage: '<container>',
      options: {
        'detach-keys': TERMINAL_OPTIONS['detach-keys'],
        'no-stdin': { type: 'boolean', description: 'only its output' },
        'sig-proxy': TERMINAL_OPTIONS['sig-proxy'],
      },
    },
    async () => (await import('../verbs/exec.ts')).attachTo,
  ),
];
