import { createHash, type Hash } from 'node:crypto';
import { freeHashThread, type HashThread } from './hash-thread.ts';
import { ThreadStream } from './thread-stream.ts';

/** A hash of bytes that come in pieces: SHA-256, where nothing else was asked for. */
export interface HashStream extends Disposable {
  /** The bytes may change once it is done. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** Hexadecimal digits; nothing can be added afterwards. */
  digest(): Promise<string>;
}

/** Below this a second thread saves less than it takes. */
const LONG = 16 * 1024 * 1024;

/** Hashes beside the calling thread where much is to come. @param length about how many bytes */
export function openHashStream(length: number, algorithm: 'sha256' | 'sha512' = 'sha256'): HashStream {
  const thread = length < LONG ? undefined : freeHashThread();
  return thread === undefined ? new HashHere(algorithm) : new HashBeside(thread, algorithm);
}

class HashHere implements HashStream {
  readonly #sum: Hash;

  constructor(algorithm: string) {
    this.#sum = createHash(algorithm);
  }

  update(bytes: Uint8Array): undefined {
    this.#sum.update(bytes);
  }

  async digest(): Promise<string> {
    return this.#sum.digest('hex');
  }

  [Symbol.dispose](): void {}
}

class HashBeside implements HashStream {
  readonly #stream: ThreadStream;

  constructor(thread: HashThread, algorithm: string) {
    this.#stream = new ThreadStream(thread, { algorithm });
  }

  update(bytes: Uint8Array): Promise<void> | undefined {
    return this.#stream.update(bytes);
  }

  async digest(): Promise<string> {
    const { hashes = [] } = await this.#stream.close();
    return hashes[0] as string; // of a hash there is one
  }

  [Symbol.dispose](): void {
    this.#stream[Symbol.dispose]();
  }
}
