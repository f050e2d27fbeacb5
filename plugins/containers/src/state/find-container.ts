import { VarveError } from '@varve/core';
import type { ContainerRecord } from './container-record.ts';
import { type ContainerTable, unknownContainer } from './container-table.ts';

/** By whole ID, name, or the beginning of an ID, in this order. @throws VarveError `CONTAINER_UNKNOWN`, `CONTAINER_AMBIGUOUS` */
export function findContainer(containers: ContainerTable, text: string): ContainerRecord {
  const name = text.replace(/^\//, '');
  const found = containers.byId(name) ?? containers.byName(name);
  if (found !== undefined) return found;
  const [first, ...others] = /^[0-9a-f]{1,63}$/.test(name) ? containers.byPrefix(name) : [];
  if (first === undefined) throw unknownContainer(text);
  if (others.length === 0) return first;
  throw new VarveError('CONTAINER_AMBIGUOUS', `Multiple IDs found with provided prefix: ${text}`, { hint: 'Write more of the ID.' });
}
