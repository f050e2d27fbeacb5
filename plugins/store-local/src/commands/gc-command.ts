import type { Command, Host, Invocation } from '@varve/core';
import { formatListing, humanSize, isOn, LISTING_OPTIONS, momentOf, parseSize, since, textOf, usageError } from '@varve/core/command';
import type { Housekeeping } from '../collect/housekeeping.ts';
import type { CollectionPlan } from '../collect/plan-collection.ts';

export type HousekeepingOf = (host: Host) => Housekeeping | Promise<Housekeeping>;

const HEADINGS = { Kind: 'KIND', Size: 'SIZE', LastUsed: 'LAST USED', ID: 'ID', Title: 'WHAT', Why: 'WHY' } as const;

/** Removes what has not been of use for the longest time, until the rest fits a budget. */
export const gcCommand = (housekeepingOf: HousekeepingOf, budget: number | undefined): Command => ({
  name: 'gc',
  summary: 'Remove what nothing needs, least valuable first, until the rest fits a budget',
  options: {
    keep: { type: 'string', value: '<size>', description: 'the budget; default: gc.keep of the configuration' },
    plan: { type: 'boolean', description: 'only show what would go, and why' },
    until: { type: 'string', value: '<age>', description: 'only what was not used for so long: 24h, or since a time' },
    ...LISTING_OPTIONS,
  },
  async run(invocation) {
    const { values, stdout, signal, host } = invocation;
    const age = textOf(values, 'until');
    const options = { keep: keepOf(invocation, budget), until: age === undefined ? undefined : momentOf('--until', age), signal };
    const housekeeping = await housekeepingOf(host);
    if (!isOn(values, 'plan')) {
      const { freed } = await housekeeping.collect(options);
      stdout.write(`Total reclaimed space: ${humanSize(freed)}\n`);
      return 0;
    }
    const { planCollection } = await import('../collect/plan-collection.ts');
    const plan = planCollection(await housekeeping.items({ signal }), options);
    stdout.write(formatListing({ headings: HEADINGS, columns: ['Kind', 'Size', 'LastUsed', 'Title', 'Why'], rows: rowsOf(plan) }, values));
    if (values.format === undefined && !isOn(values, 'json'))
      stdout.write(
        `\nWould reclaim: ${humanSize(plan.freed)}. Stays: ${humanSize(plan.kept)} of ${humanSize(options.keep)} that nothing needs, ${humanSize(plan.held)} in use.\n`,
      );
    return 0;
  },
});

function keepOf({ values }: Invocation, budget: number | undefined): number {
  const text = textOf(values, 'keep');
  const keep = text === undefined ? budget : parseSize(text);
  if (keep !== undefined) return keep;
  if (text !== undefined) throw usageError(`--keep expects a size like 20GB, found ${JSON.stringify(text)}`);
  throw usageError(
    'There is no budget to collect for',
    'Give one with --keep 20GB, or for good in the configuration: gc: { keep: "20GB" }.',
  );
}

const rowsOf = ({ removed }: CollectionPlan) =>
  removed.map(({ item, why }) => ({
    Kind: item.kind,
    Size: humanSize(item.size),
    LastUsed: item.usedAt === 0 ? 'N/A' : since(item.usedAt, Date.now()),
    ID: item.id,
    Title: shortened(item.title),
    Why: why,
  }));

const shortened = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);
