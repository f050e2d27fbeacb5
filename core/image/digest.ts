import { createHash } from 'node:crypto';
import { VarveError } from '../src/errors.ts';
import { quote } from './quote.ts';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** `sha256:<64 lower-case hex>`, or sha512 with 128, of some bytes exactly as stored (OCI image-spec, descriptor.md, Digests). */
export type Digest = Brand<string, 'Digest'>;
/** Digest of a layer's *uncompressed* tar (OCI image-spec, config.md, Layer DiffID). */
export type DiffID = Digest & { readonly [diff]: true };
/**
 * Names a stack of layers: a hash over the ids of the layers from the bottom up. Where all ids are diffIDs it is the chainID of the
 * specification (OCI image-spec, config.md, Layer ChainID).
 */
export type ChainID = Brand<string, 'ChainID'>;
/**
 * Identity of a layer before anybody reads its bytes: its diffID where that is known, else a name that the step which made it was given
 * for it. The two share the form `sha256:…` and never collide.
 */
export type LayerID = Brand<string, 'LayerID'>;
/** Names a writable snapshot while a step runs. Never a ChainID: the two share no key space. */
export type SnapshotKey = Brand<string, 'SnapshotKey'>;
/** Digest over the named parts that decide a step's result. */
export type CacheKey = Brand<string, 'CacheKey'>;
declare const diff: unique symbol;

/** Those of the specification. What is made here has sha256; what comes from elsewhere keeps what it came with. */
export type DigestAlgorithm = 'sha256' | 'sha512';

const FORM = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** @throws VarveError `DIGEST_INVALID` */
export function parseDigest(text: string): Digest {
  if (FORM.test(text)) return text as Digest;
  const algorithm = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):/.exec(text)?.[1];
  throw new VarveError(
    'DIGEST_INVALID',
    algorithm !== undefined && algorithm !== 'sha256' && algorithm !== 'sha512'
      ? `Digest algorithm ${quote(algorithm)} is not supported, expected sha256 or sha512`
      : `Expected a digest like sha256:<64 hex digits>, found ${quote(text)}`,
  );
}
export const isDigest = (text: string): text is Digest => FORM.test(text);

/** Digest of bytes at hand. */
export const digestOf = (bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
/** Of whatever is compared with a digest from elsewhere. */
export const algorithmOf = (digest: Digest | undefined): DigestAlgorithm => (digest?.startsWith('sha512:') ? 'sha512' : 'sha256');
/** The digest that a finished `Hash` gives: its length says of which algorithm. */
export const digestFromHex = (hex: string): Digest => parseDigest(`${hex.length === 128 ? 'sha512' : 'sha256'}:${hex}`);
/** Both algorithms have names of one length. */
export const hexOf = (digest: Digest | LayerID | ChainID | CacheKey): string => digest.slice('sha256:'.length);

export const asDiffID = (digest: Digest): DiffID => digest as DiffID;
export const asLayerID = (id: Digest | CacheKey): LayerID => id as string as LayerID;
export const asCacheKey = (digest: Digest): CacheKey => digest as string as CacheKey;
export const asSnapshotKey = (name: string): SnapshotKey => name as SnapshotKey;

/** OCI image-spec, config.md, Layer ChainID: one layer's chainID is its own id. */
export const chainOf = (ids: readonly LayerID[]): ChainID | null => chainsOf(ids).at(-1) ?? null;

/** The chain of each layer with all below it. */
export function chainsOf(ids: readonly LayerID[]): readonly ChainID[] {
  let below: string | undefined;
  return ids.map((id) => {
    below = below === undefined ? id : digestOf(`${below} ${id}`);
    return below as ChainID;
  });
}

/** Items that are hashed at once: a call for each takes longer than hashing it. */
const TOGETHER = 500;

/** The digest of the texts of many items, one behind the other. */
export function digestOfAll<T>(items: Iterable<T>, textOf: (item: T) => string): Digest {
  const hash = createHash('sha256');
  let texts: string[] = [];
  for (const item of items) {
    if (texts.push(textOf(item)) < TOGETHER) continue;
    hash.update(texts.join(''));
    texts = [];
  }
  return digestFromHex(hash.update(texts.join('')).digest('hex'));
}
