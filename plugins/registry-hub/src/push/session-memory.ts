import type { FileDigests } from '@varve/core';
import type { Digest } from '@varve/core/image';

/** Remembers uploads that are under way, so that another process can go on with them. */
export class SessionMemory {
  readonly #facts: Pick<FileDigests, 'recall' | 'remember'>;

  constructor(facts: Pick<FileDigests, 'recall' | 'remember'>) {
    this.#facts = facts;
  }

  /** Where the upload goes on. */
  async recall(place: string, digest: Digest): Promise<URL | undefined> {
    const text = await this.#facts.recall(nameOf(place, digest));
    return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  }

  async remember(place: string, digest: Digest, location: URL): Promise<void> {
    await this.#facts.remember(nameOf(place, digest), location.href);
  }

  async forget(place: string, digest: Digest): Promise<void> {
    if ((await this.#facts.recall(nameOf(place, digest))) ?? '') await this.#facts.remember(nameOf(place, digest), '');
  }
}

const nameOf = (place: string, digest: Digest): string => `upload ${place} ${digest}`;
