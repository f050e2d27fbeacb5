import { type CacheRequest, VarveError } from '@varve/core';
import { type ImageReference, parseDigest, parseReference, withDefaultTag } from '@varve/core/image';

/** Where a cache comes from. */
export interface CacheSource {
  readonly type: 'registry' | 'local';
  /** As shown in messages. */
  readonly name: string;
  readonly reference: ImageReference;
}

export type CacheCompression = 'gzip' | 'zstd' | 'uncompressed';

/** Where a cache goes to. */
export interface CacheTarget {
  readonly type: 'registry' | 'local' | 'inline';
  readonly name: string;
  /** Absent: into the image's own configuration. */
  readonly reference?: ImageReference | undefined;
  /** `min`: the layers of the image; `max`: those of all stages. */
  readonly mode: 'min' | 'max';
  readonly compression: CacheCompression;
  /** A cache that cannot be written is a warning. */
  readonly isOptional: boolean;
}

/** @throws VarveError `CACHE_TYPE`, `CACHE_ATTRIBUTE`, `REFERENCE_INVALID`, `DIGEST_INVALID` */
export function readSource({ type, attributes }: CacheRequest): CacheSource {
  const read = new Attributes(`cache from type=${type}`, attributes);
  switch (type) {
    case 'registry': {
      const ref = read.needed('ref');
      read.done();
      return { type, name: ref, reference: withDefaultTag(parseReference(ref)) };
    }
    case 'local': {
      const src = read.needed('src');
      const digest = read.text('digest');
      const tag = read.text('tag') ?? 'latest';
      read.done();
      return { type, name: src, reference: layout(src, digest === undefined ? `:${tag}` : `@${parseDigest(digest)}`) };
    }
    case 'inline':
      throw unknownType('A cache is imported from', type, 'The cache of an image is in the image: type=registry,ref=<image>.');
    default:
      throw unknownType('A cache is imported from', type, 'There are registry (ref=) and local (src=).');
  }
}

/** @throws VarveError `CACHE_TYPE`, `CACHE_ATTRIBUTE`, `REFERENCE_INVALID` */
export function readTarget({ type, attributes }: CacheRequest): CacheTarget {
  const read = new Attributes(`cache to type=${type}`, attributes);
  const mode = read.oneOf('mode', type === 'inline' ? ['min'] : ['min', 'max']);
  const isOptional = read.isTrue('ignore-error');
  if (type === 'inline') {
    read.done();
    return { type, name: 'the image', mode, isOptional, compression: 'gzip' };
  }
  if (type !== 'registry' && type !== 'local')
    throw unknownType('A cache is exported to', type, 'There are registry (ref=), local (dest=) and inline.');
  const compression = read.oneOf('compression', type === 'registry' ? ['gzip', 'zstd'] : ['gzip', 'zstd', 'uncompressed']);
  for (const name of ['image-manifest', 'oci-mediatypes']) read.isTrue(name); // it has no other form
  const name = read.needed(type === 'registry' ? 'ref' : 'dest');
  const reference = type === 'registry' ? withDefaultTag(parseReference(name)) : layout(name, `:${read.text('tag') ?? 'latest'}`);
  read.done();
  return { type, name, reference, mode, compression, isOptional };
}

const layout = (dir: string, suffix: string): ImageReference => ({ transport: 'oci-layout', name: dir + suffix, host: '', path: '' });

const unknownType = (what: string, type: string, hint: string): VarveError =>
  new VarveError('CACHE_TYPE', `${what} no place of the type ${JSON.stringify(type)}`, { hint });

/** What was asked for is told when all has been read: then it is known what there is. */
class Attributes {
  readonly #what: string;
  readonly #given: Readonly<Record<string, string>>;
  readonly #known = new Set<string>();

  constructor(what: string, given: Readonly<Record<string, string>>) {
    this.#what = what;
    this.#given = given;
  }

  text(name: string): string | undefined {
    this.#known.add(name);
    return Object.hasOwn(this.#given, name) ? this.#given[name] || undefined : undefined;
  }

  needed(name: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw new VarveError('CACHE_ATTRIBUTE', `The ${this.#what} needs ${name}=`);
  }

  oneOf<T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.text(name) ?? values[0];
    const found = values.find((one) => one === value);
    if (found !== undefined) return found;
    throw new VarveError('CACHE_ATTRIBUTE', `The ${this.#what} has ${name}=${values.join('|')}, found ${JSON.stringify(value)}`);
  }

  isTrue(name: string): boolean {
    const value = this.text(name) ?? 'false';
    if (/^(?:1|t|true)$/i.test(value)) return true;
    if (/^(?:0|f|false)$/i.test(value)) return false;
    throw new VarveError('CACHE_ATTRIBUTE', `The ${this.#what} has ${name}=true|false, found ${JSON.stringify(value)}`);
  }

  done(): void {
    const unknown = Object.keys(this.#given).filter((name) => !this.#known.has(name));
    if (unknown.length === 0) return;
    throw new VarveError('CACHE_ATTRIBUTE', `The ${this.#what} has no attribute ${JSON.stringify(unknown[0])}`, {
      hint: `It knows ${[...this.#known].sort().join(', ')}.`,
    });
  }
}
