import { Readable, Writable } from 'node:stream';
import { Run } from '../src/run.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One run of the command line in this process. */
export async function runVarve(argv: readonly string[], stdin: string | Uint8Array = ''): Promise<Outcome> {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const run = new Run({ stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr }, new AbortController().signal);
  const code = await run.main(argv);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Kept extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk));
    done();
  }
  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
