import type { Command, CommandOption } from '@varve/core';
import { LISTING_OPTIONS } from '@varve/core/command';
import type { ContainerStore } from '../engine.ts';
import { commandOf } from './command.ts';

const FORMAT: CommandOption = { type: 'string', short: 'f', value: '<format>', description: 'json or a Go template' };

/** Verbs that look at containers and change nothing. */
export const LOOK_COMMANDS: readonly ((store: ContainerStore) => Command)[] = [
  commandOf(
    {
      name: 'ps',
      aliases: ['container ls', 'container list', 'container ps'],
      summary: 'List containers',
      options: {
        all: { type: 'boolean', short: 'a', description: 'those that do not run, too' },
        size: { type: 'boolean', short: 's', description: 'bytes of their files' },
        quiet: { type: 'boolean', short: 'q', description: 'IDs only' },
        latest: { type: 'boolean', short: 'l', description: 'the last that was made' },
        last: { type: 'string', short: 'n', value: '<number>', description: 'the last that were made' },
        'no-trunc': { type: 'boolean', description: 'everything whole' },
        filter: {
          type: 'string',
          short: 'f',
          multiple: true,
          value: '<name=value>',
          description: 'id, name, label, status, health, exited, ancestor, before, since, volume, network, publish, expose',
        },
        ...LISTING_OPTIONS,
      },
    },
    async () => (await import('../verbs/ps.ts')).ps,
  ),
  commandOf(
    {
      name: 'container inspect',
      summary: 'Show all that is known about containers',
      usage: '<container>...',
      options: { format: FORMAT, size: { type: 'boolean', short: 's', description: 'with the bytes of its files' } },
    },
    async () => (await import('../verbs/inspect.ts')).inspect,
  ),
  commandOf(
    {
      name: 'logs',
      aliases: ['container logs'],
      summary: 'Show the output of a container',
      usage: '<container>',
      options: {
        follow: { type: 'boolean', short: 'f', description: 'until it has ended' },
        tail: { type: 'string', short: 'n', value: '<number>', description: 'the last lines only; default: all' },
        since: { type: 'string', value: '<time>', description: 'since a time, or for so long (10m)' },
        until: { type: 'string', value: '<time>', description: 'until a time, or so long ago' },
        timestamps: { type: 'boolean', short: 't', description: 'with times' },
        details: { type: 'boolean', description: 'without effect', hidden: true },
      },
    },
    async () => (await import('../verbs/logs.ts')).logs,
  ),
  commandOf(
    {
      name: 'top',
      aliases: ['container top'],
      summary: 'List the processes of a container',
      usage: '<container> [<ps option>...]',
      passThrough: true,
    },
    async () => (await import('../verbs/top.ts')).top,
  ),
  commandOf(
    {
      name: 'stats',
      aliases: ['container stats'],
      summary: 'Show what containers use of processors and memory',
      usage: '[<container>...]',
      options: {
        all: { type: 'boolean', short: 'a', description: 'those that do not run, too' },
        'no-stream': { type: 'boolean', description: 'once, not every second' },
        'no-trunc': { type: 'boolean', description: 'whole IDs' },
        ...LISTING_OPTIONS,
      },
    },
    async () => (await import('../verbs/stats.ts')).stats,
  ),
  commandOf(
    { name: 'port', aliases: ['container port'], summary: 'List the ports that a container publishes', usage: '<container> [<port>]' },
    async () => (await import('../verbs/port.ts')).port,
  ),
];
