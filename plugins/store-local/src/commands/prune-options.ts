import type { Invocation } from '@varve/core';
import { listOf, momentOf, usageError } from '@varve/core/command';

export const PRUNE_OPTIONS = {
  force: { type: 'boolean', short: 'f', description: 'do not ask' },
  filter: { type: 'string', multiple: true, value: '<name=value>', description: 'until=<age>, label=<name>[=<value>], label!=…' },
} as const;

export interface PruneFilter {
  /** Milliseconds since 1970. */
  readonly until: number | undefined;
  fits(labels: Readonly<Record<string, string>>): boolean;
}

/** @throws VarveError `USAGE` */
export function readPruneFilter({ values }: Invocation): PruneFilter {
  let until: number | undefined;
  const tests: ((labels: Readonly<Record<string, string>>) => boolean)[] = [];
  for (const text of listOf(values, 'filter')) {
    const [, name = '', not = '', value = ''] = /^([a-z]+)(!?)=(.*)$/s.exec(text) ?? [];
    if (name === 'until' && not === '') until = momentOf('filter until', value);
    else if (name === 'label') {
      const [label = '', wanted] = splitOnce(value);
      tests.push((labels) => (Object.hasOwn(labels, label) && (wanted === undefined || labels[label] === wanted)) !== (not === '!'));
    } else throw usageError(`There is no filter ${JSON.stringify(text)}`, 'Filters are until=<age>, label=<name>[=<value>] and label!=….');
  }
  return { until, fits: (labels) => tests.every((test) => test(labels)) };
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf('=');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
