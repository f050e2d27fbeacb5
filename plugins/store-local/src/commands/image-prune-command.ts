import { type Command, type Host, IMAGES, type ImageRecord, type Invocation, type StoredItem } from '@varve/core';
import { humanSize, isOn } from '@varve/core/command';
import { familiarName } from '@varve/core/image';
import { ItemGraph } from '../collect/item-graph.ts';
import { confirm } from './confirm.ts';
import type { HousekeepingOf } from './gc-command.ts';
import { PRUNE_OPTIONS, readPruneFilter } from './prune-options.ts';

/** Removes images that have no name, or that no container uses. */
export const imagePruneCommand = (housekeepingOf: HousekeepingOf): Command => ({
  name: 'image prune',
  summary: 'Remove images that have no name',
  options: { all: { type: 'boolean', short: 'a', description: 'also those with names that no container uses' }, ...PRUNE_OPTIONS },
  async run(invocation) {
    const { values, stdout } = invocation;
    readPruneFilter(invocation);
    const what = isOn(values, 'all') ? 'all images without at least one container associated to them' : 'all dangling images';
    if (!(await confirm(invocation, [`WARNING! This will remove ${what}.`]))) return 0;
    const { lines, freed } = await pruneImages(invocation, housekeepingOf);
    if (lines.length > 0) stdout.write(`Deleted Images:\n${lines.join('\n')}\n\n`);
    stdout.write(`Total reclaimed space: ${humanSize(freed)}\n`);
    return 0;
  },
});

export interface Pruned {
  readonly lines: readonly string[];
  /** Bytes on disk. */
  readonly freed: number;
}

export async function pruneImages(invocation: Invocation, housekeepingOf: HousekeepingOf): Promise<Pruned> {
  const { host, values, signal } = invocation;
  const housekeeping = await housekeepingOf(host);
  const items = await housekeeping.items({ signal });
  const used = usedByContainers(items);
  const filter = readPruneFilter(invocation);
  const lines: string[] = [];
  for (const record of await host.get(IMAGES).list()) {
    const isMeant = (isOn(values, 'all') || record.names.length === 0) && !used.has(`image/${record.descriptor.digest}`);
    if (!isMeant || (createdAt(record) ?? 0) > (filter.until ?? Number.POSITIVE_INFINITY)) continue;
    if (!filter.fits(await labelsOf(host, record))) continue;
    lines.push(...(await removed(host, record)));
  }
  const freed = lines.length === 0 ? 0 : sumOf(items) - sumOf(await housekeeping.items({ signal }));
  return { lines, freed: Math.max(0, freed) };
}

/** Ids of the images that containers need. */
function usedByContainers(items: readonly StoredItem[]): ReadonlySet<string> {
  const containers = items.filter(({ kind }) => kind === 'container');
  return new Set([...new ItemGraph(items).reachable(containers)].map(({ id }) => id));
}

async function labelsOf(host: Host, record: ImageRecord): Promise<Readonly<Record<string, string>>> {
  return (await host.get(IMAGES).open(record)).config.config.Labels ?? {};
}

async function removed(host: Host, record: ImageRecord): Promise<readonly string[]> {
  const { blobs } = await host.get(IMAGES).remove(record);
  const others = blobs.filter((digest) => digest !== record.id && digest !== record.descriptor.digest);
  return [
    ...record.names.map((name) => `untagged: ${familiarName(name)}`),
    ...[record.id, ...others].map((digest) => `deleted: ${digest}`),
  ];
}

const createdAt = ({ created, storedAt }: ImageRecord): number | undefined => (created === undefined ? storedAt : Date.parse(created));
const sumOf = (items: readonly StoredItem[]): number => items.reduce((sum, { size }) => sum + size, 0);
