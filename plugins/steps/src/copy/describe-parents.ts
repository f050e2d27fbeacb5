import type { KeyParts } from '@varve/core';
import { digestOf } from '@varve/core/image';
import { lineOf } from './describe-entries.ts';
import type { Picked } from './pick-sources.ts';

/** With `--parents`: the directories on the paths that are kept are copied as they are, too. */
export function describeParents(sources: readonly Picked[], hasOwners: boolean): KeyParts {
  const parents = sources.flatMap(({ kept }) => kept?.parents ?? []);
  const lines = new Map(parents.map((entry) => [entry.path, lineOf(entry, hasOwners)]));
  return lines.size === 0 ? {} : { 'kept directories': digestOf(JSON.stringify([...lines])) };
}
