import type { Invocation } from '@varve/core';
import { compileTemplate, goJson, isOn, textOf } from '@varve/core/command';
import { sizesOf } from '../changes/container-changes.ts';
import { inspectContainer } from '../describe/inspect-container.ts';
import type { Engine } from '../engine.ts';
import { findContainer } from '../state/find-container.ts';
import { forEach } from './each.ts';

export async function inspect(engine: Engine, invocation: Invocation): Promise<number> {
  return await inspectAll(invocation, async (text) => {
    const record = findContainer(engine.store.containers, text);
    const sizes = isOn(invocation.values, 'size') ? await sizesOf(engine, [record]) : undefined;
    return inspectContainer(engine, record, sizes?.get(record.id));
  });
}

/** What `--format` says of each, or all as JSON. */
export async function inspectAll(invocation: Invocation, find: (text: string) => Promise<object>): Promise<number> {
  const format = textOf(invocation.values, 'format') ?? '';
  const show = format === '' || format === 'json' ? undefined : compileTemplate(format);
  const found: object[] = [];
  const code = await forEach(invocation, async (text) => {
    found.push(await find(text));
    return undefined;
  });
  const { stdout } = invocation;
  if (show !== undefined) for (const one of found) stdout.write(`${show(one)}\n`);
  else if (format === 'json') stdout.write(`${goJson(found)}\n`);
  else stdout.write(`${JSON.stringify(JSON.parse(goJson(found)), null, 4)}\n`);
  return code;
}
