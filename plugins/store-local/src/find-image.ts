import { type ImageRecord, VarveError } from '@varve/core';
import { formatReference, type ImageReference, looksLikeId, parseReference, withDefaultTag } from '@varve/core/image';
import type { ImageRecords } from './image-records.ts';

/** A name as it is kept: whole, with a tag; beside a digest the tag says nothing. @throws VarveError `REFERENCE_INVALID` */
export function fullName(reference: ImageReference): string {
  const { tag: _, ...untagged } = reference;
  return formatReference(reference.digest === undefined ? withDefaultTag(reference) : untagged);
}

/** By name or, where the reference has one, by digest. */
export function findReference(records: ImageRecords, reference: ImageReference): ImageRecord | undefined {
  if (reference.transport !== 'docker') return undefined;
  const named = records.byName(fullName(reference));
  if (named !== undefined || reference.digest === undefined) return named;
  return records.byDigest(reference.digest);
}

/**
 * By name, digest, ID or an unambiguous beginning of one, in this order. Images with one ID and different manifests are one image to
 * a user: the newest counts.
 * @throws VarveError `IMAGE_AMBIGUOUS`
 */
export function findImage(records: ImageRecords, text: string): ImageRecord | undefined {
  const reference = referenceOf(text);
  const named = reference === undefined ? undefined : findReference(records, reference);
  if (named !== undefined || !looksLikeId(text)) return named;
  const found = text.includes(':')
    ? records.byPrefix(text)
    : ['sha256', 'sha512'].flatMap((algorithm) => records.byPrefix(`${algorithm}:${text}`));
  const ids = new Set(found.map(({ id }) => id));
  if (ids.size > 1)
    throw new VarveError(
      'IMAGE_AMBIGUOUS',
      `Expected one image whose ID begins with ${text}, found ${ids.size}: ${[...ids].sort().join(', ')}`,
      { hint: 'Write more of the ID.' },
    );
  return found[0];
}

/** `undefined` for what is no reference: nothing has such a name. */
function referenceOf(text: string): ImageReference | undefined {
  try {
    return parseReference(text);
  } catch (failure) {
    if (VarveError.is(failure)) return undefined;
    throw failure;
  }
}
