import { VarveError } from '../src/errors.ts';
import { allocChunk, holdChunk, releaseChunk } from './chunks.ts';
import type { HashAnswer, HashOrder, HashThread } from './hash-thread.ts';

/** What is not shared memory is gathered in some. */
const GATHERED = 512 * 1024;
/** Pieces that wait for the other thread. */
const AHEAD = 4;

type Opening = Omit<HashOrder & { readonly kind: 'open' }, 'kind' | 'id'>;

/** Bytes that another thread takes piece by piece: where they are, if that is memory that can be shared. */
export class ThreadStream implements Disposable {
  readonly #thread: HashThread;
  readonly #id: number;
  /** Pieces that the other thread has, in order. */
  readonly #busy: Uint8Array[] = [];
  /** What is being gathered, and how far. */
  #gathered: Uint8Array | undefined;
  #filled = 0;
  #waiting: (() => void) | undefined;
  #done: ((answer: HashAnswer) => void) | undefined;
  #failure: HashAnswer['failure'];
  #isOpen = true;

  constructor(thread: HashThread, opening: Opening) {
    this.#thread = thread;
    this.#id = thread.open((answer) => this.#hear(answer));
    thread.post({ kind: 'open', id: this.#id, ...opening });
  }

  /**
   * The bytes may change once it is done, but for those of a shared chunk, which is held until the thread has seen it.
   * @throws VarveError what the thread found wrong with bytes before
   */
  update(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw failureOf(this.#failure);
    const rest = this.#take(bytes);
    return rest.length === 0 ? undefined : this.#updateLater(rest);
  }

  /** What the thread says in the end. @throws VarveError what it found wrong */
  async close(): Promise<HashAnswer> {
    this.#postGathered();
    const answer = await new Promise<HashAnswer>((resolve) => {
      this.#done = resolve;
      this.#thread.post({ kind: 'close', id: this.#id });
    });
    this.#end();
    const failure = this.#failure ?? answer.failure;
    if (failure !== undefined) throw failureOf(failure);
    if (this.#thread.isBroken) throw new Error('The thread that hashes has ended');
    return answer;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#thread.post({ kind: 'close', id: this.#id });
    this.#end();
  }

  async #updateLater(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0 && !this.#thread.isBroken; rest = this.#take(rest))
      if (this.#isFull) await new Promise<void>((resolve) => (this.#waiting = resolve));
    if (this.#failure !== undefined) throw failureOf(this.#failure);
  }

  get #isFull(): boolean {
    return this.#busy.length >= AHEAD;
  }

  /** @returns the bytes for which the other thread has no time yet */
  #take(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    while (rest.length > 0 && !this.#isFull) {
      if (this.#filled > 0 || !holdChunk(rest)) rest = this.#gather(rest);
      else {
        this.#post(rest);
        rest = rest.subarray(rest.length);
      }
    }
    return rest;
  }

  #gather(bytes: Uint8Array): Uint8Array {
    this.#gathered ??= allocChunk(GATHERED, true);
    const piece = bytes.subarray(0, GATHERED - this.#filled);
    this.#gathered.set(piece, this.#filled);
    this.#filled += piece.length;
    if (this.#filled === GATHERED) this.#postGathered();
    return bytes.subarray(piece.length);
  }

  #postGathered(): void {
    if (this.#gathered === undefined) return;
    this.#post(this.#gathered.subarray(0, this.#filled));
    this.#gathered = undefined;
    this.#filled = 0;
  }

  #post(piece: Uint8Array): void {
    this.#busy.push(piece);
    this.#thread.post({ kind: 'piece', id: this.#id, piece });
  }

  #hear(answer: HashAnswer): void {
    this.#failure ??= answer.failure;
    const piece = this.#busy.shift();
    if (piece !== undefined) releaseChunk(piece);
    if (piece === undefined || this.#thread.isBroken) this.#done?.(answer);
    this.#waiting?.();
    this.#waiting = undefined;
  }

  #end(): void {
    this.#isOpen = false;
    this.#thread.close(this.#id);
  }
}

const failureOf = ({ code, message, hint }: NonNullable<HashAnswer['failure']>): VarveError => new VarveError(code, message, { hint });
