import {
  type Abortable,
  type Descriptor,
  type Digest,
  descriptorOf,
  type ImageManifest,
  type ImageReference,
  parseManifest,
  parseReference,
} from '@varve/core/image';
import type { Repository, Requester } from '../http/requester.ts';
import { fetchBlob } from '../pull/fetch-blob.ts';
import { fetchManifest } from '../pull/fetch-manifest.ts';
import { putManifest } from '../push/put-manifest.ts';
import { uploadBlob } from '../push/upload-blob.ts';
import { type ListedManifest, type ManifestList, serializeList } from './manifest-list.ts';
import { tagOf } from './read-manifests.ts';

export interface PushListOptions extends Abortable {
  /** Told of each manifest that is there, by the name that it has in the list's repository. */
  readonly onPushed?: ((pushed: { readonly name: string; readonly digest: Digest }) => void) | undefined;
}

/**
 * Brings a list into a registry, after all that it names: manifests and blobs of other repositories, also of other registries, come along.
 * @throws VarveError `BLOB_…`, `IMAGE_…`, `REGISTRY_…`
 */
export async function pushList(
  requester: Requester,
  list: ManifestList,
  { signal, onPushed }: PushListOptions,
): Promise<Pick<Descriptor, 'digest' | 'size'>> {
  const to = parseReference(list.name);
  for (const listed of list.manifests) {
    await bringManifest(requester, listed, { to, signal });
    onPushed?.({ name: `${to.name}@${listed.digest}`, digest: listed.digest });
  }
  const { bytes, mediaType } = serializeList(list);
  return await putManifest(descriptorOf(mediaType, bytes), bytes, { client: requester, repository: to, tag: tagOf(to), signal });
}

interface Way extends Abortable {
  readonly from: Repository;
  readonly to: Repository;
}

async function bringManifest(
  requester: Requester,
  { ref, digest, mediaType }: ListedManifest,
  { to, signal }: Abortable & { readonly to: ImageReference },
): Promise<void> {
  const from = parseReference(ref);
  const { bytes } = await fetchManifest(requester, from, { tag: digest, signal });
  if (from.name === to.name) return;
  const manifest = parseManifest(bytes, mediaType);
  if (manifest.kind === 'image') for (const blob of blobsOf(manifest)) await bringBlob(requester, blob, { from, to, signal });
  await putManifest(descriptorOf(mediaType, bytes, digest), bytes, { client: requester, repository: to, tag: digest, signal });
}

const blobsOf = ({ config, layers }: ImageManifest): readonly Descriptor[] => [
  ...new Map([config, ...layers].map((blob) => [blob.digest, blob])).values(),
];

/** Where the registry can give a blob to another of its repositories, no byte of it moves. */
const bringBlob = async (requester: Requester, { digest, size }: Descriptor, { from, to, signal }: Way): Promise<void> =>
  void (await uploadBlob(requester, to, {
    digest,
    size,
    signal,
    sources: [from],
    read: (offset) => fetchBlob(requester, from, { digest, size, offset, signal }),
  }));
