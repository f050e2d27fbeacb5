import type { FileDigests } from '@varve/core';
import type { Digest } from '@varve/core/image';
import type { Repository } from './hosts/endpoint.ts';

/** Repositories kept for a blob, latest first. */
const MOST = 6;

/**
 * Remembers in which repositories a blob is known to be: from there it can be mounted into another one of the same registry without being
 * sent, or fetched when it is wanted. What was only resolved is remembered by this process, what was moved also by later ones.
 */
export class BlobPlaces {
  readonly #facts: Pick<FileDigests, 'recall' | 'remember'>;
  readonly #seen = new Map<Digest, readonly string[]>();

  constructor(facts: Pick<FileDigests, 'recall' | 'remember'>) {
    this.#facts = facts;
  }

  /** The blob was named by a manifest there. */
  see(digest: Digest, repository: Repository): void {
    this.#seen.set(digest, added(this.#seen.get(digest) ?? [], nameOf(repository)));
  }

  /** The blob came from there, or was brought there. */
  async remember(digest: Digest, repository: Repository): Promise<void> {
    this.see(digest, repository);
    const known = await this.#kept(digest);
    if (known[0] === nameOf(repository)) return;
    await this.#facts.remember(factOf(digest), added(known, nameOf(repository)).join(' '));
  }

  /** Latest first. */
  async find(digest: Digest): Promise<readonly Repository[]> {
    const names = new Set([...(this.#seen.get(digest) ?? []), ...(await this.#kept(digest))]);
    return [...names].map((name) => {
      const slash = name.indexOf('/');
      return { host: name.slice(0, slash), path: name.slice(slash + 1) };
    });
  }

  async #kept(digest: Digest): Promise<readonly string[]> {
    const text = await this.#facts.recall(factOf(digest));
    return (text ?? '').split(' ').filter((name) => name.includes('/'));
  }
}

const factOf = (digest: Digest): string => `places ${digest}`;
const nameOf = ({ host, path }: Repository): string => `${host}/${path}`;
const added = (names: readonly string[], name: string): readonly string[] => [name, ...names.filter((one) => one !== name)].slice(0, MOST);
