import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { removeTree } from '../system/index.ts';

/** A directory of the test's own; at its end everything in it is unmounted and removed. */
export function temporaryDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), 'varve-test-'));
  t.teardown(() => removeTree(dir));
  return dir;
}
