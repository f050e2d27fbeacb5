import type { Command, StoredItem } from '@varve/core';
import { humanSize, isOn } from '@varve/core/command';
import { ItemGraph } from '../collect/item-graph.ts';
import { isBuildCache } from './builder-prune-command.ts';
import { confirm } from './confirm.ts';
import type { HousekeepingOf } from './gc-command.ts';
import { pruneImages } from './image-prune-command.ts';
import { PRUNE_OPTIONS, readPruneFilter } from './prune-options.ts';

/** Removes everything that nobody works with: stopped containers, images without names, the build cache. */
export const systemPruneCommand = (housekeepingOf: HousekeepingOf): Command => ({
  name: 'system prune',
  summary: 'Remove what nobody works with: stopped containers, images without names, the build cache',
  options: {
    all: { type: 'boolean', short: 'a', description: 'also images with names that no container uses' },
    volumes: { type: 'boolean', description: 'also anonymous volumes that no container uses' },
    ...PRUNE_OPTIONS,
  },
  async run(invocation) {
    const { host, values, stdout, signal } = invocation;
    const { until } = readPruneFilter(invocation);
    const [all, volumes] = [isOn(values, 'all'), isOn(values, 'volumes')];
    if (!(await confirm(invocation, warningOf(all, volumes)))) return 0;
    const housekeeping = await housekeepingOf(host);
    const before = sumOf(await housekeeping.items({ signal }));
    const isOld = ({ usedAt }: StoredItem) => usedAt <= (until ?? Number.POSITIVE_INFINITY);
    const idle = (await housekeeping.items({ signal })).filter(
      (item) => item.kind === 'container' && item.active === undefined && isOld(item),
    );
    await housekeeping.remove(idle, { signal });
    if (idle.length > 0) stdout.write(`Deleted Containers:\n${idle.map(nameOf).join('\n')}\n\n`);
    if (volumes) {
      const unused = unusedVolumes(await housekeeping.items({ signal }));
      await housekeeping.remove(unused, { signal });
      if (unused.length > 0) stdout.write(`Deleted Volumes:\n${unused.map(nameOf).join('\n')}\n\n`);
    }
    const { lines } = await pruneImages(invocation, housekeepingOf);
    if (lines.length > 0) stdout.write(`Deleted Images:\n${lines.join('\n')}\n\n`);
    await housekeeping.collect({ keep: 0, until, isMeant: isBuildCache, signal });
    stdout.write(`Total reclaimed space: ${humanSize(Math.max(0, before - sumOf(await housekeeping.items({ signal }))))}\n`);
    return 0;
  },
});

const warningOf = (all: boolean, volumes: boolean): readonly string[] => [
  'WARNING! This will remove:',
  '  - all stopped containers',
  ...(volumes ? ['  - all anonymous volumes not used by at least one container'] : []),
  all ? '  - all images without at least one container associated to them' : '  - all dangling images',
  all ? '  - all build cache' : '  - unused build cache',
  '',
];

/** A volume that somebody named is his to remove. */
function unusedVolumes(items: readonly StoredItem[]): readonly StoredItem[] {
  const used = new ItemGraph(items).reachable(items.filter(({ kind }) => kind === 'container'));
  return items.filter((item) => item.kind === 'volume' && item.held === undefined && !used.has(item));
}

const nameOf = ({ id }: StoredItem): string => id.slice(id.indexOf('/') + 1);
const sumOf = (items: readonly StoredItem[]): number => items.reduce((sum, { size }) => sum + size, 0);
