import type { CacheRequest } from '@varve/core';
import { usageError } from '@varve/core/command';
import { readFields, splitCsv } from './csv.ts';

/**
 * `--cache-from` and `--cache-to`: `type=local,src=dir`; without any `=` the names of images and caches in registries.
 *
 * @throws VarveError `USAGE`
 */
export const readCaches = (option: string, given: readonly string[]): readonly CacheRequest[] =>
  given.filter((spec) => spec !== '').flatMap((spec) => readCache(option, spec));

function readCache(option: string, spec: string): readonly CacheRequest[] {
  if (!spec.includes('=')) return splitCsv(spec).map((ref) => ({ type: 'registry', attributes: { ref } }));
  const { type = '', ...attributes } = Object.fromEntries(readFields(spec));
  if (type === '')
    throw usageError(`--${option} expects type=<type>, found ${JSON.stringify(spec)}`, 'For example: type=registry,ref=<name>.');
  return [{ type, attributes }];
}

/** Docker's older way to ask for a cache in the image: `--build-arg BUILDKIT_INLINE_CACHE=1`. */
export const readInlineCache = (args: Readonly<Record<string, string>>): readonly CacheRequest[] =>
  /^(?:1|t|true)$/i.test(args.BUILDKIT_INLINE_CACHE ?? '') ? [{ type: 'inline', attributes: {} }] : [];
