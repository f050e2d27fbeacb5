import { type BuildInfo, type ContentStore, type CopySource, VarveError } from '@varve/core';
import { baseName, type Content, cleanPath, type Timestamp } from '@varve/core/archive';
import { type Digest, parseDigest } from '@varve/core/image';
import { printableUrl } from './printable-url.ts';

export type UrlSource = CopySource & { readonly kind: 'url' };

/** A file that was fetched, in the store. */
export interface Fetched {
  readonly url: string;
  readonly digest: Digest;
  readonly size: number;
  readonly mtime: Timestamp;
  readonly content: Content;
}

/** Where there is no time, it is always the same. */
const NO_TIME: Timestamp = { seconds: 0, nanoseconds: 0 };

/** Fetches files into the store, each once in a build; one whose checksum is known and that is there already not at all. */
export class Fetcher {
  readonly #store: () => ContentStore;
  readonly #builds = new WeakMap<BuildInfo, Map<string, Promise<Fetched>>>();

  constructor(store: () => ContentStore) {
    this.#store = store;
  }

  /** @throws VarveError `FETCH_FAILED`, `BLOB_MISMATCH`, `DIGEST_INVALID` */
  fetch({ url, checksum }: UrlSource, build: BuildInfo): Promise<Fetched> {
    const known = this.#builds.get(build) ?? new Map<string, Promise<Fetched>>();
    this.#builds.set(build, known);
    const name = `${checksum ?? ''} ${url}`;
    const fetched = known.get(name) ?? this.#fetch(url, checksum === undefined ? undefined : parseDigest(checksum), build);
    known.set(name, fetched);
    return fetched;
  }

  async #fetch(text: string, checksum: Digest | undefined, { signal }: BuildInfo): Promise<Fetched> {
    const store = this.#store();
    const url = printableUrl(text);
    const there = checksum && (await store.size(checksum));
    if (checksum !== undefined && there !== undefined) return inStore(store, { url, digest: checksum, size: there, mtime: NO_TIME });
    // Most builds fetch nothing: what that takes is loaded when it is needed.
    const { download } = await import('./download.ts');
    const { body, lastModified } = await download(text, { signal });
    const { digest, size } = await store.write(body, { digest: checksum, signal }).catch(explainMismatch);
    // What is pinned is the same whether it was fetched or there already.
    const mtime =
      checksum !== undefined || lastModified === undefined ? NO_TIME : { seconds: Math.floor(lastModified / 1000), nanoseconds: 0 };
    return inStore(store, { url, digest, size, mtime });
  }
}

/** As BuildKit calls it, before the store says what was expected and found. */
function explainMismatch(cause: unknown): never {
  if (!VarveError.is(cause) || cause.code !== 'BLOB_MISMATCH') throw cause;
  const { code, message, hint } = cause;
  throw new VarveError(code, `digest mismatch: ${message}`, { cause, hint });
}

const inStore = (store: ContentStore, fetched: Omit<Fetched, 'content'>): Fetched => ({
  ...fetched,
  content: { kind: 'range', file: store.path(fetched.digest), offset: 0, length: fetched.size },
});

/** What a fetched file is called in a directory; where its address says no name, what BuildKit calls it. */
export function nameOfUrl(url: string): string {
  const name = URL.canParse(url) ? baseName(cleanPath(decode(new URL(url).pathname))) : '';
  return name === '' ? '__unnamed__' : name;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a percent sign that encodes nothing
  }
}
