import type { Command, StoredItem } from '@varve/core';
import { formatListing, humanSize, isOn, LISTING_OPTIONS, layOut, since } from '@varve/core/command';
import { usageOf } from '../collect/disk-usage-report.ts';
import type { HousekeepingOf } from './gc-command.ts';

const HEADINGS = { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' } as const;

/** What takes the room: the sizes add up to what du(1) says of the store. */
export const systemDfCommand = (housekeepingOf: HousekeepingOf): Command => ({
  name: 'system df',
  summary: 'Show how much disk is used, and by what',
  options: { verbose: { type: 'boolean', short: 'v', description: 'each image, container, volume and result' }, ...LISTING_OPTIONS },
  async run({ host, values, stdout, signal }) {
    const rows = usageOf(await (await housekeepingOf(host)).items({ signal }));
    if (isOn(values, 'verbose')) for (const { type, items } of rows) stdout.write(`${type} space usage:\n\n${tableOf(items)}\n`);
    else
      stdout.write(
        formatListing(
          {
            headings: HEADINGS,
            columns: ['Type', 'TotalCount', 'Active', 'Size', 'Reclaimable'],
            rows: rows.map(({ type, total, active, size, reclaimable }) => ({
              Type: type,
              TotalCount: String(total),
              Active: String(active),
              Size: humanSize(size),
              Reclaimable: `${humanSize(reclaimable)}${size === 0 ? '' : ` (${Math.floor((100 * reclaimable) / size)}%)`}`,
            })),
          },
          values,
        ),
      );
    return 0;
  },
});

const tableOf = (items: readonly StoredItem[]): string =>
  layOut([
    ['KIND', 'SIZE', 'LAST USED', 'WHAT'],
    ...[...items]
      .sort((a, b) => b.size - a.size)
      .map(({ kind, size, usedAt, title }) => [kind, humanSize(size), since(usedAt, Date.now()), title]),
  ]);
