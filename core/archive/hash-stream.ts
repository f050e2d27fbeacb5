import { createHash, type Hash } from 'node:crypto';
import { type HashThread, hashThreads } from './hash-thread.ts';

/** A hash of bytes that come in pieces: SHA-256, where nothing else was asked for. */
export interface HashStream extends Disposable {
  /** The bytes may change once it is done. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** Hexadecimal digits; nothing can be added afterwards. */
  digest(): Promise<string>;
}

/** Below this a second thread saves less than it takes. */
const LONG = 16 * 1024 * 1024;
/** What the two threads share: pieces that wait to be hashed. */
const SLOT = 512 * 1024;
const SLOTS = 4;

/** Hashes beside the calling thread where much is to come. @param length about how many bytes */
export function openHashStream(length: number, algorithm: 'sha256' | 'sha512' = 'sha256'): HashStream {
  const thread = length < LONG ? undefined : hashThreads().find(({ isBroken }) => !isBroken);
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
  readonly #thread: HashThread;
  readonly #id: number;
  readonly #shared = new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT));
  readonly #free = Array.from({ length: SLOTS }, (_, i) => i);
  /** Slots whose pieces are being hashed, in order. */
  readonly #busy: number[] = [];
  #waiting: (() => void) | undefined;
  #done: ((hash: string | undefined) => void) | undefined;
  #isOpen = true;

  constructor(thread: HashThread, algorithm: string) {
    this.#thread = thread;
    this.#id = thread.open((hashes) => this.#hear(hashes));
    thread.post({ kind: 'open', id: this.#id, algorithm, shared: this.#shared });
  }

  update(bytes: Uint8Array): Promise<void> | undefined {
    for (let at = 0; at < bytes.length; at += SLOT) {
      if (this.#free.length === 0) return this.#updateLater(bytes.subarray(at));
      this.#post(bytes.subarray(at, at + SLOT));
    }
    return undefined;
  }

  async digest(): Promise<string> {
    const hash = await new Promise<string | undefined>((resolve) => {
      this.#done = resolve;
      this.#thread.post({ kind: 'close', id: this.#id });
    });
    this.#end();
    if (hash === undefined) throw new Error('The thread that hashes has ended');
    return hash;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#thread.post({ kind: 'close', id: this.#id });
    this.#end();
  }

  async #updateLater(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLOT) {
      if (this.#free.length === 0 && !this.#thread.isBroken) await new Promise<void>((resolve) => (this.#waiting = resolve));
      this.#post(bytes.subarray(at, at + SLOT));
    }
  }

  #post(piece: Uint8Array): void {
    const slot = this.#free.pop() ?? 0; // without one, the thread is broken
    this.#shared.set(piece, slot * SLOT);
    this.#busy.push(slot);
    this.#thread.post({ kind: 'piece', id: this.#id, start: slot * SLOT, length: piece.length });
  }

  #hear(hashes: readonly string[] | undefined): void {
    const slot = this.#busy.shift();
    if (slot === undefined || this.#thread.isBroken) this.#done?.(hashes?.[0]);
    else this.#free.push(slot);
    this.#waiting?.();
    this.#waiting = undefined;
  }

  #end(): void {
    this.#isOpen = false;
    this.#thread.close(this.#id);
  }
}
