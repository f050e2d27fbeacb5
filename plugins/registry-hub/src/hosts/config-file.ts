import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { parse, TomlError } from 'smol-toml';

export type Table = Readonly<Record<string, unknown>>;

/** Text of a file that need not exist. @throws VarveError `REGISTRY_CONFIG` */
export const readIfThere = async (file: string): Promise<string | undefined> => reading(file, () => readFileSync(file, 'utf8'));

/** Names in a directory that need not exist, sorted. @throws VarveError `REGISTRY_CONFIG` */
export const namesIn = async (dir: string): Promise<readonly string[]> => reading(dir, () => readdirSync(dir).sort()) ?? [];

/** At once: that such files are not there is found in less time than a promise for one takes, and their module takes 4 ms to load. */
function reading<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw configFailure(path, `it cannot be read: ${code}`, failure);
  }
}

/** @throws VarveError `REGISTRY_CONFIG` */
export async function readToml(file: string): Promise<Table | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw configFailure(file, `line ${cause.line}: it is no TOML`, cause);
  }
}

/** @throws VarveError `REGISTRY_CONFIG` */
export async function readJson(file: string): Promise<Table | undefined> {
  const text = await readIfThere(file);
  if (text === undefined || text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw configFailure(file, 'it is no JSON', cause);
  }
  if (!isTable(value)) throw configFailure(file, 'expected an object');
  return value;
}

/** The drop-ins of a directory in their order. */
export const dropIns = async (dir: string): Promise<readonly string[]> =>
  (await namesIn(dir)).filter((name) => name.endsWith('.conf')).map((name) => join(dir, name));

export const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value);
export const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string');

export const configFailure = (file: string, why: string, cause?: unknown): VarveError =>
  new VarveError('REGISTRY_CONFIG', `Cannot use ${file}: ${why}`, {
    cause,
    hint: 'Correct the file, or name another with an option of @varve/registry-hub.',
  });
