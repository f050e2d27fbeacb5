import { randomBytes, randomInt } from 'node:crypto';
import { VarveError } from '@varve/core';

const QUALITIES =
  'ancient banded bright calm clear coarse damp deep dense dry even fine firm folded fresh glassy grey layered light loose pale quiet rough rounded silent slow smooth soft solid steady still thin warm weathered wide young'.split(
    ' ',
  );
const THINGS =
  'agate amber basalt basin bay bedrock boulder chalk clay cliff coral delta dune fjord flint fossil geode glacier gneiss granite gravel island lagoon lake loam marble marl moraine mudstone obsidian opal outcrop pebble pumice quartz reef ridge river salt sandstone schist shale shore silt slate spring terrace tuff valley'.split(
    ' ',
  );

const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? '';

/** A name that people can say; with a number where the plain ones seem to be taken. */
export const randomName = (attempt: number): string =>
  `${pick(QUALITIES)}_${pick(THINGS)}${attempt < 5 ? '' : randomInt(10 ** Math.min(attempt - 4, 9))}`;

/** 64 hexadecimal digits; twelve of them are shown, and must not look like a number. */
export function randomId(): string {
  const id = randomBytes(32).toString('hex');
  return /^\d{12}/.test(id) ? randomId() : id;
}

/** @throws VarveError `CONTAINER_NAME` */
export function checkName(name: string): string {
  if (/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return name.replace(/^\//, '');
  throw new VarveError('CONTAINER_NAME', `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}
