import type { Invocation } from '@varve/core';
import { inspectEach, isOn } from '@varve/core/command';
import { sizesOf } from '../changes/container-changes.ts';
import { inspectContainer } from '../describe/inspect-container.ts';
import type { Engine } from '../engine.ts';
import { findContainer } from '../state/find-container.ts';

export async function inspect(engine: Engine, invocation: Invocation): Promise<number> {
  return await inspectEach(invocation, async (text) => {
    const record = findContainer(engine.store.containers, text);
    const sizes = isOn(invocation.values, 'size') ? await sizesOf(engine, [record]) : undefined;
    return inspectContainer(engine, record, sizes?.get(record.id));
  });
}
