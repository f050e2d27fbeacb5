import { type ContentStore, type FileDigests, type LayerStore, type Transport, VarveError } from '@varve/core';
import { Limiter } from '@varve/core/archive';
import { type Descriptor, familiarName, formatReference, type Image, type ImageIndex, type ImageReference } from '@varve/core/image';
import type { FindCredentials } from './auth/credentials.ts';
import { BlobPlaces } from './blob-places.ts';
import { makeRequester } from './client/make-requester.ts';
import type { HttpClient } from './http/http-client.ts';
import type { Requester } from './http/requester.ts';
import type { RegistryOptions } from './options.ts';
import { pullImage } from './pull/pull-image.ts';
import { type PullIndexOptions, pullIndex } from './pull/pull-index.ts';
import { GzipMemory } from './push/gzip-memory.ts';
import { pushImage } from './push/push-image.ts';
import { pushIndex } from './push/push-index.ts';
import type { PushOptions } from './push/push-layer.ts';
import { SessionMemory } from './push/session-memory.ts';

export interface HubStores {
  readonly content: ContentStore;
  readonly layers: LayerStore;
  /** Remembers what layers came to. */
  readonly facts: Pick<FileDigests, 'recall' | 'remember'>;
  /** Where layers are compressed. */
  readonly temporary: string;
}

/** What an exporter may say of a push. */
export type HubPushOptions = Parameters<NonNullable<Transport['push']>>[2] & {
  readonly byDigest?: boolean;
  readonly dockerTypes?: boolean;
};

/** Images in registries that speak the OCI distribution protocol. */
export class HubTransport implements Transport, AsyncDisposable {
  readonly name = 'registry';
  readonly #stores: HubStores;
  readonly #http: HttpClient;
  readonly #client: Requester;
  readonly #places: BlobPlaces;
  readonly #downloads: Limiter;
  readonly #uploads: Limiter;
  readonly #compressing = new Limiter(2);
  readonly #options: RegistryOptions;

  /** @param find who asks, instead of what the options say */
  constructor(stores: HubStores, options: RegistryOptions, find?: FindCredentials) {
    this.#stores = stores;
    const { http, requester } = makeRequester(options, { find });
    this.#http = http;
    this.#client = requester;
    this.#places = new BlobPlaces(stores.facts);
    this.#downloads = new Limiter(options.downloads);
    this.#uploads = new Limiter(options.uploads);
    this.#options = options;
  }

  /** The digest decides where there is one; the tag is then not even looked up. */
  async resolve(reference: ImageReference, options: ResolveOptions): Promise<Image> {
    return await named(reference, () => pullImage(reference, tagOf(reference), { ...this.#pulling(), ...options }));
  }

  /** The index whole, for all platforms; `undefined`: the reference names one image. @throws what `resolve` throws */
  async resolveIndex(reference: ImageReference, options: Omit<ResolveOptions, 'platform' | 'artifact'>): Promise<ImageIndex | undefined> {
    return await named(reference, () => pullIndex(reference, tagOf(reference), { ...this.#pulling(), ...options }));
  }

  #pulling(): Omit<PullIndexOptions, 'signal' | 'emit'> {
    const { content, layers } = this.#stores;
    const { foreignLayers } = this.#options;
    return { client: this.#client, content, layers, places: this.#places, downloads: this.#downloads, foreignLayers };
  }

  /** With `byDigest` the repository has it under no tag. */
  async push(image: Image, reference: ImageReference, { byDigest = false, ...options }: HubPushOptions): Promise<Descriptor> {
    const tag = byDigest ? undefined : (reference.tag ?? reference.digest ?? 'latest');
    return await this.#orOlder((dockerTypes) => pushImage(image, reference, { ...this.#pushing(), ...options, ...dockerTypes, tag }));
  }

  /** With `byDigest` the repository has it under no tag. */
  async pushIndex(index: ImageIndex, reference: ImageReference, { byDigest = false, ...options }: HubPushOptions): Promise<Descriptor> {
    const tag = byDigest ? undefined : (reference.tag ?? reference.digest ?? 'latest');
    return await this.#orOlder((dockerTypes) => pushIndex(index, reference, { ...this.#pushing(), ...options, ...dockerTypes, tag }));
  }

  /** Once more with docker's media types, where that is wanted and OCI's were refused: the blobs, which are the same, are there by then. */
  async #orOlder(push: (types: Pick<PushOptions, 'dockerTypes'>) => Promise<Descriptor>): Promise<Descriptor> {
    try {
      return await push({});
    } catch (failure) {
      if (!this.#options.schema2Fallback || !VarveError.is(failure) || failure.code !== 'REGISTRY_FORMAT') throw failure;
      return await push({ dockerTypes: true });
    }
  }

  #pushing(): Omit<PushOptions, 'signal' | 'emit' | 'dockerTypes'> {
    const { content, temporary, facts } = this.#stores;
    return {
      client: this.#client,
      content,
      temporary,
      compressed: new GzipMemory(facts),
      places: this.#places,
      sessions: new SessionMemory(facts),
      uploads: this.#uploads,
      compressing: this.#compressing,
      chunkSize: this.#options.chunkSize,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }
}

type ResolveOptions = Parameters<Transport['resolve']>[1];
const tagOf = ({ digest, tag }: ImageReference): string => digest ?? tag ?? 'latest';

/** Whoever has no network reads which image is missing here, and not only which host. */
async function named<T>(reference: ImageReference, fetch: () => Promise<T>): Promise<T> {
  try {
    return await fetch();
  } catch (failure) {
    if (!VarveError.is(failure) || failure.code !== 'REGISTRY_UNREACHABLE') throw failure;
    throw notFetched(reference, failure);
  }
}

function notFetched(reference: ImageReference, failure: VarveError): VarveError {
  const hints = [failure.hint, '`varve images` lists the images that need no registry.'];
  return new VarveError(failure.code, `Cannot fetch ${familiarName(formatReference(reference))}: ${failure.message}`, {
    cause: failure,
    hint: hints.filter((hint) => hint !== undefined).join(' '),
  });
}
