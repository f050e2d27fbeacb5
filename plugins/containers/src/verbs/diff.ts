import type { Invocation } from '@varve/core';
import { comparePaths } from '@varve/core/archive';
import { visible } from '@varve/core/command';
import { findChanges } from '../changes/container-changes.ts';
import type { Engine } from '../engine.ts';
import { findContainer } from '../state/find-container.ts';
import { only } from './each.ts';

/** What a container has added (A), changed (C) and deleted (D). */
export async function diff(engine: Engine, { positionals, stdout, signal }: Invocation): Promise<number> {
  const record = findContainer(engine.store.containers, only(positionals, 'varve diff <container>'));
  const { index, lower } = await findChanges(engine, record, { signal });
  for (const { type, path } of index.toSorted((a, b) => comparePaths(a.path, b.path))) {
    if (path === '') continue;
    const kind = type === 'whiteout' ? 'D' : lower.get(path) === undefined ? 'A' : 'C';
    stdout.write(`${kind} /${visible(path)}\n`);
  }
  return 0;
}
