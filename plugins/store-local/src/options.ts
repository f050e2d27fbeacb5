import { VarveError } from '@varve/core';
import { parseSize } from '@varve/core/command';

export interface StoreOptions {
  readonly gc?: { /** Bytes. */ readonly keep: number } | undefined;
}

/**
 * `{ gc: { keep: '20GB' } }`: how much may stay of what neither a name nor a container needs.
 * @throws VarveError `OPTIONS_INVALID`
 */
export function readOptions(raw: unknown): StoreOptions {
  const { gc, ...rest } = membersOf(raw ?? {}, 'an object');
  refuseOthers(rest, 'gc');
  if (gc === undefined) return {};
  const { keep, ...others } = membersOf(gc, 'an object with keep');
  refuseOthers(others, 'gc.keep');
  const bytes = typeof keep === 'number' ? keep : parseSize(String(keep));
  if (bytes === undefined || !Number.isSafeInteger(bytes) || bytes < 0)
    throw new VarveError('OPTIONS_INVALID', `.gc.keep: expected a size like 20GB, found ${JSON.stringify(keep)}`);
  return { gc: { keep: bytes } };
}

function membersOf(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new VarveError('OPTIONS_INVALID', `expected ${expected}, found ${JSON.stringify(value)}`);
}

function refuseOthers(members: Readonly<Record<string, unknown>>, known: string): void {
  const [name] = Object.keys(members);
  if (name !== undefined) throw new VarveError('OPTIONS_INVALID', `unknown option ${JSON.stringify(name)}, there is ${known}`);
}
