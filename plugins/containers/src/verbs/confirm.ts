import { createInterface } from 'node:readline/promises';
import type { Invocation } from '@varve/core';

/** Asks before something is thrown away; whoever does not answer wants nothing. */
export async function confirm({ stdin, stdout }: Pick<Invocation, 'stdin' | 'stdout'>, warning: string): Promise<boolean> {
  stdout.write(`${warning}\nAre you sure you want to continue? [y/N] `);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}
