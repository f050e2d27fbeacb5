import { COMMANDS, type Invocation } from '@varve/core';
import { comparePaths } from '@varve/core/archive';
import { only, usageError, visible } from '@varve/core/command';
import { findChanges } from '../changes/container-changes.ts';
import type { Engine } from '../engine.ts';
import { findContainer } from '../state/find-container.ts';

/** What a container has added (A), changed (C) and deleted (D). */
export async function diff(engine: Engine, invocation: Invocation): Promise<number> {
  const { positionals, stdout, signal } = invocation;
  if (positionals.length === 2) return await diffImages(invocation);
  const record = findContainer(engine.store.containers, only(positionals, 'varve diff <container>'));
  const { index, lower } = await findChanges(engine, record, { signal });
  for (const { type, path } of [...index].sort((a, b) => comparePaths(a.path, b.path))) {
    if (path === '') continue;
    const kind = type === 'whiteout' ? 'D' : lower.get(path) === undefined ? 'A' : 'C';
    stdout.write(`${kind} /${visible(path)}\n`);
  }
  return 0;
}

/** Two names are images: that is another command, where a plugin brings one. */
async function diffImages(invocation: Invocation): Promise<number> {
  const command = invocation.host.all(COMMANDS).find(({ name }) => name === 'image diff');
  if (command === undefined) throw usageError('varve diff expects one container', 'No plugin that compares two images is loaded.');
  return await command.run(invocation);
}
