import type { ExecSpec, ProcessIO, ProcessResult, ProcessSpec, RunningContainer, RunningProcess } from '../../src/contracts/executor.ts';
import type { ExecutorBench } from './executor-bench.ts';

/** A running process and what it has printed on both streams. */
export class Held<T extends RunningProcess = RunningProcess> {
  readonly process: T;
  readonly #heard: Heard;

  constructor(process: T, heard: Heard) {
    this.process = process;
    this.#heard = heard;
  }

  get text(): string {
    return this.#heard.text;
  }

  /** Settles when what was printed matches. @throws Error with the output when the process ends without */
  async until(pattern: RegExp): Promise<string> {
    const ended = this.process.exit.then(
      () => 'ended',
      () => 'ended',
    );
    while (!pattern.test(this.text)) {
      const more = this.#heard.more();
      if ((await Promise.race([ended, more])) === 'ended' && !pattern.test(this.text))
        throw new Error(`the process ended without ${pattern}: ${JSON.stringify(this.text)}`);
    }
    return this.text;
  }

  /** Its end, and all that it printed. */
  async end(): Promise<ProcessResult & { readonly text: string }> {
    const result = await this.process.exit;
    return { ...result, text: this.text };
  }
}

/** Collects output. */
export class Heard {
  text = '';
  #waiting = Promise.withResolvers<void>();

  io(more: Partial<ProcessIO> = {}): ProcessIO {
    const take = (chunk: Uint8Array): void => {
      this.text += Buffer.from(chunk).toString('latin1');
      this.#waiting.resolve();
      this.#waiting = Promise.withResolvers();
    };
    return { stdout: take, stderr: take, ...more };
  }

  more(): Promise<void> {
    return this.#waiting.promise;
  }
}

/** What is typed or sent, piece by piece. */
export class Input implements AsyncIterable<Uint8Array> {
  readonly #pieces: string[] = [];
  #waiting = Promise.withResolvers<void>();
  #open = true;
  /** Whether the reader has said that it wants no more. */
  unwanted = false;

  send(text: string): void {
    this.#pieces.push(text);
    this.#waiting.resolve();
  }

  close(): void {
    this.#open = false;
    this.#waiting.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        for (;;) {
          const piece = this.#pieces.shift();
          if (piece !== undefined) return { done: false, value: Buffer.from(piece, 'latin1') };
          if (!this.#open) return { done: true, value: undefined };
          await this.#waiting.promise;
          this.#waiting = Promise.withResolvers();
        }
      },
      return: async () => {
        this.unwanted = true;
        return { done: true, value: undefined };
      },
    };
  }
}

/** Starts a shell script and holds it. */
export async function hold(
  bench: ExecutorBench,
  script: string,
  { spec = {}, io = {} }: { readonly spec?: Partial<ProcessSpec>; readonly io?: Partial<ProcessIO> } = {},
): Promise<Held<RunningContainer>> {
  const heard = new Heard();
  return new Held(await bench.hold(bench.spec(['sh', '-c', script], spec), heard.io(io)), heard);
}

/** Starts another shell script in a container. */
export async function execute(
  container: Held<RunningContainer>,
  script: string,
  { spec = {}, io = {} }: { readonly spec?: Partial<ExecSpec>; readonly io?: Partial<ProcessIO> } = {},
): Promise<Held> {
  const heard = new Heard();
  const process = { args: ['sh', '-c', script], env: ['PATH=/bin'], cwd: '/', user: { uid: 0, gid: 0, groups: [] }, ...spec };
  return new Held(await container.process.exec(process, heard.io(io)), heard);
}

/** Waits, ready for signals, until it is told to end by a line of input or a signal. */
export const WAIT = 'echo ready; read -r _; exit 0';

/** Ends it, and waits for that. */
export async function stop(container: Held<RunningContainer>): Promise<void> {
  container.process.signal('SIGKILL');
  await container.end();
}
