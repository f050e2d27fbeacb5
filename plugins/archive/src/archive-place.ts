import { existsSync } from 'node:fs';
import { type Digest, parseDigest } from '@varve/core/image';

/** Where an archive lies and which image of it is meant. */
export interface ArchivePlace {
  readonly path: string;
  /** Tag or name inside the archive. */
  readonly key?: string | undefined;
  readonly digest?: Digest | undefined;
}

/**
 * `path[:tag-or-name][@digest]`. A path may hold colons itself: what is there on disk decides, else the first colon.
 * @throws VarveError `DIGEST_INVALID`
 */
export function parsePlace(text: string): ArchivePlace {
  const at = /@sha(?:256|512):[^@]*$/.exec(text)?.index ?? -1;
  const digest = at === -1 ? undefined : parseDigest(text.slice(at + 1));
  const rest = at === -1 ? text : text.slice(0, at);
  const colons = [...rest.matchAll(/:/g)].map(({ index }) => index);
  if (colons.length === 0 || existsSync(rest)) return { path: rest, digest };
  const colon = colons.find((index) => index > 0 && existsSync(rest.slice(0, index))) ?? colons[0] ?? 0;
  return { path: rest.slice(0, colon), key: rest.slice(colon + 1), digest };
}
