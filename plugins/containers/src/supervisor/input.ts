/** Bytes that may wait to be read. */
const ROOM = 1 << 16;

/** What clients write and a process reads: whoever writes is asked to wait while too much is there. */
export class Input implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  readonly #resumes = new Set<() => void>();
  #size = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** Calls `pause` if more must wait, and `resume` when it need not any more. */
  write(chunk: Uint8Array, { pause, resume }: { pause(): void; resume(): void }): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > ROOM) {
      pause();
      this.#resumes.add(resume);
    }
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#letAllGoOn();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
        this.#size -= chunk.length;
        if (this.#size <= ROOM) this.#letAllGoOn();
        yield chunk;
      }
      if (this.#ended) return;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  #letAllGoOn(): void {
    for (const resume of this.#resumes) resume();
    this.#resumes.clear();
  }
}
