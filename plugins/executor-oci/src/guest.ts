import type { ProcessResult, ProcessUser } from '@varve/core';
import type { Launched, LaunchIO } from '@varve/core/system';

/** On abort of another process in a container that one is killed; its runtime, which ends with it, could not take it along. */
export class Guest {
  readonly io: LaunchIO;
  readonly #signal: AbortSignal | undefined;

  constructor(io: LaunchIO, user: ProcessUser) {
    io.signal?.throwIfAborted();
    this.#signal = io.signal;
    this.io = {
      stdout: (chunk) => io.stdout(chunk),
      stderr: (chunk) => io.stderr(chunk),
      ready: () => io.ready?.(),
      stdin: io.stdin,
      streamsFor: user,
    };
  }

  follow(process: Launched): Launched {
    const kill = (): void => process.signal('SIGKILL');
    this.#signal?.addEventListener('abort', kill, { once: true });
    if (this.#signal?.aborted) kill();
    const exit = this.#exit(process.exit, kill);
    exit.catch(() => undefined); // until somebody asks for it
    return { pid: process.pid, exit, signal: (name) => process.signal(name), resize: (size) => process.resize(size) };
  }

  async #exit(exit: Promise<ProcessResult>, kill: () => void): Promise<ProcessResult> {
    try {
      const result = await exit;
      this.#signal?.throwIfAborted();
      return result;
    } finally {
      this.#signal?.removeEventListener('abort', kill);
    }
  }
}
