import type { FileDigests } from '@varve/core';
import { type Descriptor, type Digest, digestFromHex, hexOf, MEDIA_TYPES } from '@varve/core/image';

/** Remembers what layers came to when they were compressed: a registry that has that needs neither their bytes nor the work again. */
export class GzipMemory {
  readonly #facts: Pick<FileDigests, 'recall' | 'remember'>;

  constructor(facts: Pick<FileDigests, 'recall' | 'remember'>) {
    this.#facts = facts;
  }

  /** What the layer with this diffID came to here last time. */
  async recall(diffId: Digest): Promise<Descriptor | undefined> {
    const [, hex, size] = /^([0-9a-f]{64}) (\d+)$/.exec((await this.#facts.recall(nameOf(diffId))) ?? '') ?? [];
    return hex === undefined ? undefined : { mediaType: MEDIA_TYPES.layerGzip, digest: digestFromHex(hex), size: Number(size) };
  }

  async remember(diffId: Digest, { digest, size }: Descriptor): Promise<void> {
    await this.#facts.remember(nameOf(diffId), `${hexOf(digest)} ${size}`);
  }
}

const nameOf = (diffId: Digest): string => `gzip ${diffId}`;
