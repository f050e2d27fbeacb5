import type { Command } from '@varve/core';
import { formatListing, goJson, humanSize, isOn, LISTING_OPTIONS } from '@varve/core/command';
import { usageOf } from '../collect/disk-usage-report.ts';
import type { HousekeepingOf } from './gc-command.ts';

const HEADINGS = { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' } as const;

/** What takes the room: the sizes add up to what du(1) says of the store. */
export const systemDfCommand = (housekeepingOf: HousekeepingOf): Command => ({
  name: 'system df',
  summary: 'Show how much disk is used, and by what',
  options: {
    verbose: { type: 'boolean', short: 'v', description: 'each image, container, volume and piece of cache' },
    ...LISTING_OPTIONS,
  },
  async run({ host, values, stdout, signal }) {
    const items = await (await housekeepingOf(host)).items({ signal });
    const rows = usageOf(items);
    if (isOn(values, 'verbose')) {
      const { detailsOf, formatDetails } = await import('./usage-details.ts');
      const details = await detailsOf(host, items);
      const asJson = isOn(values, 'json') || values.format === 'json';
      stdout.write(asJson ? `${goJson(details)}\n` : formatDetails(details, rows.at(-1)?.size ?? 0));
    } else
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
