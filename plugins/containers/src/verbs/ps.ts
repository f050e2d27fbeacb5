import type { Invocation } from '@varve/core';
import { formatListing, isOn, shortId, textOf, usageError } from '@varve/core/command';
import { sizesOf } from '../changes/container-changes.ts';
import { filterContainers, isFiltered } from '../describe/filter-containers.ts';
import { PS_HEADINGS, psRow } from '../describe/ps-row.ts';
import { isUp } from '../describe/status.ts';
import type { Engine } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';

export async function ps(engine: Engine, { values, stdout, positionals }: Invocation): Promise<number> {
  if (positionals.length > 0) throw usageError(`"varve ps" accepts no arguments, found ${positionals.length}`);
  const records = await choose(engine, values);
  const noTrunc = isOn(values, 'no-trunc');
  if (isOn(values, 'quiet')) {
    stdout.write(records.map(({ id }) => `${noTrunc ? id : shortId(id)}\n`).join(''));
    return 0;
  }
  const format = textOf(values, 'format') ?? '';
  const withSize = isOn(values, 'size') || /\.Size\b/.test(format);
  const sizes = withSize ? await sizesOf(engine, records) : undefined;
  const now = Date.now();
  const rows = records.map((record) => psRow(record, { now, noTrunc, size: sizes?.get(record.id) }));
  stdout.write(
    formatListing(
      {
        headings: PS_HEADINGS,
        columns: ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names', ...(isOn(values, 'size') ? (['Size'] as const) : [])],
        rows,
      },
      values,
    ),
  );
  return 0;
}

async function choose(engine: Engine, values: Invocation['values']): Promise<readonly ContainerRecord[]> {
  const last = isOn(values, 'latest') ? 1 : numberOf(textOf(values, 'last'));
  const isAll = isOn(values, 'all') || last > 0 || isFiltered(values, 'status', 'exited');
  const shown = engine.store.containers.all().filter((record) => record.state.status !== 'creating' && (isAll || isUp(record)));
  const kept = await filterContainers(engine, shown, values);
  return last > 0 ? kept.slice(0, last) : kept;
}

function numberOf(text = '-1'): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw usageError(`--last expects a number, found ${JSON.stringify(text)}`);
}
