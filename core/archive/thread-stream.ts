import { VarveError } from '../src/errors.ts';
import type { HashAnswer, HashOrder, HashThread } from './hash-thread.ts';

/** What the two threads share: pieces that are gathered, and those that wait for the other one. */
const SLOT = 512 * 1024;
const SLOTS = 4;

type Opening = Omit<HashOrder & { readonly kind: 'open' }, 'kind' | 'id' | 'shared'>;

/** Bytes that another thread takes piece by piece. */
export class ThreadStream implements Disposable {
  readonly #thread: HashThread;
  readonly #id: number;
  readonly #shared = new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT));
  readonly #free = Array.from({ length: SLOTS }, (_, i) => i);
  /** Slots that the other thread has, in order. */
  readonly #busy: number[] = [];
  /** The slot that is being filled, and how far. */
  #slot: number | undefined;
  #filled = 0;
  #waiting: (() => void) | undefined;
  #done: ((answer: HashAnswer) => void) | undefined;
  #failure: HashAnswer['failure'];
  #isOpen = true;

  constructor(thread: HashThread, opening: Opening) {
    this.#thread = thread;
    this.#id = thread.open((answer) => this.#hear(answer));
    thread.post({ kind: 'open', id: this.#id, shared: this.#shared, ...opening });
  }

  /** The bytes may change once it is done. @throws VarveError what the thread found wrong with bytes before */
  update(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw failureOf(this.#failure);
    for (let at = 0; at < bytes.length; ) {
      const taken = this.#take(bytes.subarray(at));
      if (taken === undefined) return this.#updateLater(bytes.subarray(at));
      at += taken;
    }
    return undefined;
  }

  /** What the thread says in the end. @throws VarveError what it found wrong */
  async close(): Promise<HashAnswer> {
    this.#post();
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
    for (let at = 0; at < bytes.length && !this.#thread.isBroken; ) {
      const taken = this.#take(bytes.subarray(at));
      if (taken === undefined) await new Promise<void>((resolve) => (this.#waiting = resolve));
      else at += taken;
    }
    if (this.#failure !== undefined) throw failureOf(this.#failure);
  }

  /** As many bytes as go into one slot. `undefined`: none is free. */
  #take(bytes: Uint8Array): number | undefined {
    this.#slot ??= this.#free.pop();
    if (this.#slot === undefined) return undefined;
    const piece = bytes.subarray(0, SLOT - this.#filled);
    this.#shared.set(piece, this.#slot * SLOT + this.#filled);
    this.#filled += piece.length;
    if (this.#filled === SLOT) this.#post();
    return piece.length;
  }

  #post(): void {
    if (this.#slot === undefined) return;
    this.#busy.push(this.#slot);
    this.#thread.post({ kind: 'piece', id: this.#id, start: this.#slot * SLOT, length: this.#filled });
    this.#slot = undefined;
    this.#filled = 0;
  }

  #hear(answer: HashAnswer): void {
    this.#failure ??= answer.failure;
    const slot = this.#busy.shift();
    if (slot === undefined || this.#thread.isBroken) this.#done?.(answer);
    else this.#free.push(slot);
    this.#waiting?.();
    this.#waiting = undefined;
  }

  #end(): void {
    this.#isOpen = false;
    this.#thread.close(this.#id);
  }
}

const failureOf = ({ code, message, hint }: NonNullable<HashAnswer['failure']>): VarveError => new VarveError(code, message, { hint });
