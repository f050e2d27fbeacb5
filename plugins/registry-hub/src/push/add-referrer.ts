import { VarveError } from '@varve/core';
import {
  type Abortable,
  algorithmOf,
  type Descriptor,
  type Digest,
  hexOf,
  isDigest,
  MEDIA_TYPES,
  parseDescriptor,
  parseObject,
} from '@varve/core/image';
import { discard, readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';

const INDEX_LIMIT = 4 << 20;
/** How often somebody else may be faster. */
const TRIES = 5;

interface Subject extends Abortable {
  readonly client: Requester;
  readonly repository: Repository;
  readonly subject: Digest;
}

/** The tag under which registries that know no referrers keep them (OCI distribution-spec, Referrers Tag Schema): no tag is as long as a sha512. */
export const referrersTag = (digest: Digest): string => `${algorithmOf(digest)}-${hexOf(digest).slice(0, 64)}`;

/** What a manifest says that it belongs to. */
export function subjectOf(bytes: Uint8Array): Digest | undefined {
  const { subject } = objectOf(bytes);
  const { digest } = (subject ?? {}) as { readonly digest?: unknown };
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
}

/**
 * Lists a manifest with the one that it belongs to, under the tag for that. Where the registry tells versions apart, nothing that
 * somebody else adds at the same time is lost.
 * @throws VarveError `REGISTRY_…`
 */
export async function addReferrer(descriptor: Descriptor, bytes: Uint8Array, to: Subject): Promise<void> {
  const { client, repository, subject, signal } = to;
  const what = `the referrers of ${subject} in ${repository.path}`;
  const endpoint = await client.hosts.registry(repository);
  const request = { to: `manifests/${referrersTag(subject)}`, actions: 'pull,push', what, signal } as const;
  for (let attempt = 0; ; attempt++) {
    const { entries, tag, isNew } = await client.receive(
      endpoint,
      { ...request, method: 'GET', headers: { accept: MEDIA_TYPES.index } },
      async (response) => {
        if (response.statusCode === 404) {
          discard(response);
          return { entries: [], tag: undefined, isNew: true };
        }
        if (response.statusCode !== 200) throw await registryFailure(response, { host: endpoint.api, what });
        return { entries: entriesOf(await readBody(response, INDEX_LIMIT)), tag: response.headers.etag, isNew: false };
      },
    );
    if (entries.some(({ digest }) => digest === descriptor.digest)) return;
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [...entries, entryOf(descriptor, bytes)] };
    const body = Buffer.from(JSON.stringify(index));
    const condition = isNew ? { 'if-none-match': '*' } : tag === undefined ? {} : { 'if-match': tag };
    const headers = { 'content-type': MEDIA_TYPES.index, 'content-length': String(body.length), ...condition };
    const response = await client.send(endpoint, { ...request, method: 'PUT', headers, body: () => body });
    if (response.statusCode === 201 || response.statusCode === 200) return discard(response);
    const failure = await registryFailure(response, { host: endpoint.api, what });
    if (response.statusCode !== 412 || attempt >= TRIES) throw failure;
  }
}

/** OCI image-spec, image-index.md: the artifact's type and its annotations are said in the index too. */
function entryOf({ mediaType, digest, size }: Descriptor, bytes: Uint8Array): object {
  const { artifactType, config, annotations } = objectOf(bytes);
  const type = artifactType ?? (config as { readonly mediaType?: unknown } | undefined)?.mediaType;
  return {
    mediaType,
    digest,
    size,
    ...(typeof type === 'string' && { artifactType: type }),
    ...(annotations !== undefined && { annotations }),
  };
}

/** As they are written there: what we do not know goes back as it came. @throws VarveError `REGISTRY_ANSWER` */
function entriesOf(bytes: Uint8Array): readonly { readonly digest?: unknown }[] {
  const { manifests } = objectOf(bytes);
  if (!Array.isArray(manifests)) throw new VarveError('REGISTRY_ANSWER', 'Expected an index of referrers, found something else');
  for (const entry of manifests) parseDescriptor(entry, 'referrers');
  return manifests;
}

function objectOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return parseObject(bytes, 'manifest');
  } catch {
    return {};
  }
}
