import type { Command, StoredItem } from '@varve/core';
import { humanSize, isOn, parseSize, textOf, usageError } from '@varve/core/command';
import { confirm } from './confirm.ts';
import type { HousekeepingOf } from './gc-command.ts';
import { PRUNE_OPTIONS, readPruneFilter } from './prune-options.ts';

/** What the build cache consists of: everything but images, containers and volumes. */
export const isBuildCache = ({ kind }: StoredItem): boolean => !['image', 'container', 'volume', 'store'].includes(kind);

/** Removes what builds left for the next ones. */
export const builderPruneCommand = (housekeepingOf: HousekeepingOf): Command => ({
  name: 'builder prune',
  aliases: ['buildx prune'],
  summary: 'Remove the build cache',
  options: {
    all: { type: 'boolean', short: 'a', description: 'without effect: nothing that could go is kept back' },
    'keep-storage': { type: 'string', value: '<size>', description: 'how much may stay' },
    ...PRUNE_OPTIONS,
  },
  async run(invocation) {
    const { host, values, stdout, signal } = invocation;
    const { until } = readPruneFilter(invocation);
    const text = textOf(values, 'keep-storage');
    const keep = text === undefined ? 0 : parseSize(text);
    if (keep === undefined) throw usageError(`--keep-storage expects a size like 10GB, found ${JSON.stringify(text)}`);
    const what = isOn(values, 'all') ? 'all' : 'all dangling';
    if (!(await confirm(invocation, [`WARNING! This will remove ${what} build cache.`]))) return 0;
    const { freed } = await (await housekeepingOf(host)).collect({ keep, until, isMeant: isBuildCache, signal });
    stdout.write(`Total reclaimed space: ${humanSize(freed)}\n`);
    return 0;
  },
});
