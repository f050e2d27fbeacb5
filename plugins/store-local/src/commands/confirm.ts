import { createInterface } from 'node:readline/promises';
import type { Invocation } from '@varve/core';
import { isOn } from '@varve/core/command';

/** Asks before something is removed, as docker does. `false`: not now. */
export async function confirm({ values, stdin, stdout, signal }: Invocation, warning: readonly string[]): Promise<boolean> {
  if (isOn(values, 'force')) return true;
  stdout.write(`${warning.join('\n')}\nAre you sure you want to continue? [y/N] `);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    signal.throwIfAborted();
    return false;
  } finally {
    lines.close();
  }
}
