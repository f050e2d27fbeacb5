import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

/** A new directory that is removed after the test. */
export function makeTemp(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'varve-system-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

type Implementation = (t: ExecutionContext) => void | Promise<void>;

/** For tests that make devices or mount. */
export const asRoot = (title: string, run: Implementation): void =>
  process.getuid?.() === 0 ? test(title, run) : test.skip(`${title} (needs root)`, run);
