interface Work<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

/** Work that is under way, by name: who wants the same joins in. It is aborted when nobody who waits for it is left. */
export class SharedWork<T> {
  readonly #running = new Map<string, Work<T>>();

  async run(name: string, make: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const work = this.#running.get(name) ?? this.#start(name, make);
    if (signal === undefined) {
      work.waiting++;
      return await work.result;
    }
    return await this.#join(name, work, signal);
  }

  #start(name: string, make: (signal: AbortSignal) => Promise<T>): Work<T> {
    const abort = new AbortController();
    const result = make(abort.signal).finally(() => {
      if (this.#running.get(name) === work) this.#running.delete(name);
    });
    const work: Work<T> = { result, abort, waiting: 0 };
    this.#running.set(name, work);
    return work;
  }

  /** Who gives up last waits until the work has stopped, so that nothing of it is left when the promise settles. */
  async #join(name: string, work: Work<T>, signal: AbortSignal): Promise<T> {
    work.waiting++;
    const gone = Promise.withResolvers<never>();
    const leave = (): void => {
      work.waiting--;
      if (work.waiting > 0) {
        gone.reject(signal.reason);
        return;
      }
      if (this.#running.get(name) === work) this.#running.delete(name);
      work.abort.abort(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([work.result, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }
}
