import type { Invocation } from '@varve/core';
import { didYouMean, hasLabel, humanSize, isOn, listOf, momentOf, parseLabelFilter, usageError, type Values } from '@varve/core/command';
import { sizesOf } from '../changes/container-changes.ts';
import { isUp } from '../describe/status.ts';
import type { Engine } from '../engine.ts';
import { removeContainer, sweepContainers } from '../remove-container.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { confirm } from './confirm.ts';

/** Removes all containers that do not run. */
export async function prune(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, stdout } = invocation;
  const keeps = readFilters(values);
  if (!isOn(values, 'force') && !(await confirm(invocation, 'WARNING! This will remove all stopped containers.'))) return 0;
  await sweepContainers(engine);
  const stopped = engine.store.containers.all().filter((record) => !isUp(record) && keeps.every((keep) => keep(record)));
  let bytes = 0;
  const removed: string[] = [];
  for (const record of stopped) {
    bytes += (await sizesOf(engine, [record])).get(record.id)?.own ?? 0;
    await removeContainer(engine, record, { volumes: false });
    removed.push(record.id);
  }
  if (removed.length > 0) stdout.write(`Deleted Containers:\n${removed.join('\n')}\n\n`);
  stdout.write(`Total reclaimed space: ${humanSize(bytes)}\n`);
  return 0;
}

type Keep = (record: ContainerRecord) => boolean;
const FILTERS: Readonly<Record<string, (value: string) => Keep>> = {
  until: (value) => {
    const limit = momentOf('filter until', value);
    return ({ createdAt }) => createdAt < limit;
  },
  label: (value) => {
    const filter = parseLabelFilter(value);
    return ({ spec }) => hasLabel(spec.config.Labels ?? {}, filter);
  },
  'label!': (value) => {
    const filter = parseLabelFilter(value);
    return ({ spec }) => !hasLabel(spec.config.Labels ?? {}, filter);
  },
};

function readFilters(values: Values): readonly Keep[] {
  return listOf(values, 'filter').map((text) => {
    const [, name = '', value] = /^([a-z]+!?)=(.*)$/s.exec(text) ?? [];
    const filter = FILTERS[name];
    const names = Object.keys(FILTERS);
    if (value === undefined || filter === undefined)
      throw usageError(`invalid filter '${name || text}'${didYouMean(name, names)}`, `Filters are ${names.join(', ')}.`);
    return filter(value);
  });
}
