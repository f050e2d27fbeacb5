import { VarveError } from '@varve/core';
import {
  type Abortable,
  type Descriptor,
  descriptorOf,
  type ImageReference,
  parseDigest,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import type { FindCredentials } from '../auth/credentials.ts';
import { deleteBlob, deleteManifest } from '../discovery/delete-content.ts';
import { listCatalog } from '../discovery/list-catalog.ts';
import { listTags } from '../discovery/list-tags.ts';
import { listReferrers, type Referrer } from '../discovery/referrers.ts';
import { discard } from '../http/http-client.ts';
import type { Requester } from '../http/requester.ts';
import { type RegistryOptions, readOptions } from '../options.ts';
import { type FetchedManifest, fetchManifest, headManifest } from '../pull/fetch-manifest.ts';
import { putManifest } from '../push/put-manifest.ts';
import { mountBlob, type UploadResult, uploadBlob } from '../push/upload-blob.ts';
import { makeRequester } from './make-requester.ts';
import { verifiedBlob } from './verified-blob.ts';

export interface RegistryClientOptions extends Partial<Omit<RegistryOptions, 'credentials' | 'downloads' | 'uploads' | 'foreignLayers'>> {
  /** Credential files instead of the usual ones, or a function that knows who asks. */
  readonly credentials?: readonly string[] | FindCredentials | undefined;
  /** Instead of `process.env`: home and configuration directories, proxies, SSL_CERT_FILE. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export interface BlobOptions extends Abortable {
  /** Told how many bytes there are. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** A name (`registry.lan/acme/app:1.0`, in docker's grammar), or what `parseReference` made of one. */
export type Name = string | ImageReference;
/** A descriptor, or the members of one that say which blob is meant; a digest is checked, and `DIGEST_INVALID` where it is none. */
export interface Blob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Talks to registries over the OCI distribution protocol, with their mirrors, proxies, certificates, tokens and retries. Every method can be
 * cancelled by a signal and throws `VarveError` with a `REGISTRY_…` code besides those it names. Dispose it to close its connections.
 */
export interface RegistryClient extends AsyncDisposable {
  /** Whether the registry lets us in. @throws VarveError `REGISTRY_UNREACHABLE` when nobody is there */
  ping(host: string, options?: Abortable): Promise<boolean>;
  /** What a name means now. @throws VarveError `IMAGE_UNKNOWN` */
  resolve(name: Name, options?: Abortable): Promise<Descriptor>;
  /** A manifest or an index, verified. @throws VarveError `IMAGE_UNKNOWN`, `BLOB_MISMATCH` */
  fetchManifest(name: Name, options?: Abortable): Promise<FetchedManifest>;
  /**
   * A blob's bytes, from `offset` on; a connection that breaks is taken up where it broke. Read from the start it is verified: what was
   * read before `BLOB_MISMATCH` is thrown must not be used. @throws VarveError `BLOB_UNKNOWN`, `BLOB_MISMATCH`
   */
  fetchBlob(repository: Name, blob: Blob, options?: BlobOptions & { readonly offset?: number | undefined }): AsyncIterable<Uint8Array>;
  /** Brings a blob there unless it is. `read` gives its bytes from a place on, and is asked again after a failure. */
  pushBlob(
    repository: Name,
    blob: Blob,
    read: (from: number) => AsyncIterable<Uint8Array>,
    options?: BlobOptions & { /** Repositories of the same registry that may have it. */ readonly mountFrom?: readonly Name[] | undefined },
  ): Promise<UploadResult>;
  /** Under a tag, or its own digest where the name has neither. Its blobs must be there. @throws VarveError `BLOB_MISMATCH` */
  pushManifest(name: Name, manifest: { readonly bytes: Uint8Array; readonly mediaType: string }, options?: Abortable): Promise<Descriptor>;
  /** Takes a blob over from another repository of the same registry. `false`: it does not agree, or has it not. */
  mount(repository: Name, digest: string, from: Name, options?: Abortable): Promise<boolean>;
  /** In the registry's order. @throws VarveError `IMAGE_UNKNOWN` */
  tags(repository: Name, options?: Abortable): AsyncIterable<string>;
  /** What belongs to a manifest: signatures, attestations. */
  referrers(
    name: Name,
    options: Abortable & { readonly digest: string; readonly artifactType?: string | undefined },
  ): AsyncIterable<Referrer>;
  /** Deletes what a digest or, where the registry offers that, a tag names. @throws VarveError `IMAGE_UNKNOWN`, `REGISTRY_REFUSED` */
  delete(name: Name, options?: Abortable): Promise<void>;
  /** @throws VarveError `BLOB_UNKNOWN`, `REGISTRY_REFUSED` */
  deleteBlob(repository: Name, digest: string, options?: Abortable): Promise<void>;
  /** Repositories, as far as the registry tells. */
  catalog(host: string, options?: Abortable): AsyncIterable<string>;
}

/** @throws VarveError `OPTIONS_INVALID` */
export function createRegistryClient({ credentials, env, ...options }: RegistryClientOptions = {}): RegistryClient {
  const isFinder = typeof credentials === 'function';
  const { requester, http } = makeRequester(readOptions({ ...options, ...(!isFinder && { credentials }) }), {
    ...(env !== undefined && { env }),
    ...(isFinder && { find: credentials }),
  });
  return { ...methodsOf(requester, options.chunkSize), [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

function methodsOf(client: Requester, chunkSize: number | undefined): Omit<RegistryClient, typeof Symbol.asyncDispose> {
  return {
    async ping(host, { signal } = {}) {
      try {
        discard(await client.send({ host, path: '' }, { method: 'GET', to: '', actions: '', what: 'the registry', signal }));
        return true; // 404 too: not every registry answers here
      } catch (failure) {
        if (VarveError.is(failure) && failure.code === 'REGISTRY_DENIED') return false;
        throw failure;
      }
    },
    async resolve(name, options = {}) {
      const reference = referenceOf(name);
      const head = await headManifest(client, reference, { tag: tagOf(reference), ...options });
      if (head?.size !== undefined && head.mediaType !== undefined)
        return { mediaType: head.mediaType, digest: head.digest, size: head.size };
      const { digest, bytes, mediaType } = await fetchManifest(client, reference, { tag: tagOf(reference), ...options });
      return { mediaType: mediaType ?? 'application/octet-stream', digest, size: bytes.length };
    },
    async fetchManifest(name, options = {}) {
      const reference = referenceOf(name);
      return await fetchManifest(client, reference, { tag: tagOf(reference), ...options });
    },
    async *fetchBlob(repository, blob, options = {}) {
      yield* verifiedBlob(client, referenceOf(repository), { ...blobOf(blob), ...options });
    },
    async pushBlob(repository, blob, read, { mountFrom = [], ...options } = {}) {
      return await uploadBlob(client, referenceOf(repository), {
        ...blobOf(blob),
        ...options,
        read,
        chunkSize,
        sources: mountFrom.map(referenceOf),
      });
    },
    async pushManifest(name, { bytes, mediaType }, { signal } = {}) {
      const reference = typeof name === 'string' ? parseReference(name) : name;
      const descriptor = descriptorOf(mediaType, bytes);
      const tag = reference.digest ?? reference.tag ?? descriptor.digest;
      return await putManifest(descriptor, bytes, { client, repository: reference, tag, signal });
    },
    async mount(repository, named, from, { signal } = {}) {
      const digest = parseDigest(named);
      const endpoint = await client.hosts.registry(referenceOf(repository));
      const origin = await client.origin(endpoint, { signal });
      const result = await mountBlob(client, endpoint, { digest, sources: [referenceOf(from)], origin, isOnly: true, signal });
      if (result !== undefined && 'from' in result) return true;
      await result?.cancel();
      return false;
    },
    async *tags(repository, options) {
      yield* listTags(client, referenceOf(repository), options);
    },
    async *referrers(name, { digest, ...options }) {
      yield* listReferrers(client, referenceOf(name), { ...options, digest: parseDigest(digest) });
    },
    async delete(name, options = {}) {
      const reference = referenceOf(name);
      await deleteManifest(client, reference, { tag: tagOf(reference), ...options });
    },
    async deleteBlob(repository, digest, options = {}) {
      await deleteBlob(client, referenceOf(repository), { digest: parseDigest(digest), ...options });
    },
    catalog: (host, options) => listCatalog(client, host, options),
  };
}

const blobOf = ({ digest, size }: Blob): Pick<Descriptor, 'digest' | 'size'> => ({ digest: parseDigest(digest), size });

/** @throws VarveError `REFERENCE_INVALID` */
function referenceOf(name: Name): ImageReference {
  const reference = withDefaultTag(typeof name === 'string' ? parseReference(name) : name);
  if (reference.transport === 'docker') return reference;
  throw new VarveError('REFERENCE_INVALID', `Expected the name of an image in a registry, found ${reference.transport}:${reference.name}`);
}

const tagOf = ({ digest, tag }: ImageReference): string => digest ?? tag ?? 'latest';
