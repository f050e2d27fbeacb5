import type { Command } from '@varve/core';
import { LISTING_OPTIONS } from '@varve/core/command';
import type { ContainerStore } from '../engine.ts';
import { commandOf } from './command.ts';

const volumes = () => import('../verbs/volumes.ts');
const LABEL = { type: 'string', multiple: true, value: '<name>[=<value>]', description: 'a label' } as const;

/** Docker's `volume` verbs. */
export const VOLUME_COMMANDS: readonly ((store: ContainerStore) => Command)[] = [
  commandOf(
    {
      name: 'volume ls',
      aliases: ['volume list'],
      summary: 'List volumes',
      options: {
        quiet: { type: 'boolean', short: 'q', description: 'names only' },
        filter: { type: 'string', short: 'f', multiple: true, value: '<name=value>', description: 'name, label, label!, dangling, driver' },
        ...LISTING_OPTIONS,
      },
    },
    async () => (await volumes()).list,
  ),
  commandOf(
    {
      name: 'volume create',
      summary: 'Make a volume',
      usage: '[<name>]',
      options: {
        label: LABEL,
        driver: { type: 'string', short: 'd', value: '<driver>', description: 'only local' },
        opt: { type: 'string', short: 'o', multiple: true, value: '<option>', description: 'none', hidden: true },
        name: { type: 'string', value: '<name>', description: 'the name', hidden: true },
      },
    },
    async () => (await volumes()).create,
  ),
  commandOf(
    {
      name: 'volume inspect',
      summary: 'Show all that is known about volumes',
      usage: '<volume>...',
      options: { format: { type: 'string', short: 'f', value: '<format>', description: 'json or a Go template' } },
    },
    async () => (await volumes()).inspect,
  ),
  commandOf(
    {
      name: 'volume rm',
      aliases: ['volume remove'],
      summary: 'Remove volumes',
      usage: '<volume>...',
      options: { force: { type: 'boolean', short: 'f', description: 'no error when it is not there' } },
    },
    async () => (await volumes()).remove,
  ),
  commandOf(
    {
      name: 'volume prune',
      summary: 'Remove volumes that no container uses',
      options: {
        all: { type: 'boolean', short: 'a', description: 'those with names, too' },
        force: { type: 'boolean', short: 'f', description: 'do not ask' },
        filter: { type: 'string', multiple: true, value: '<name=value>', description: 'label, label!, all' },
      },
    },
    async () => (await volumes()).prune,
  ),
];
