import { lastVersion, sanitize } from './text.ts';

const LIMIT = 8192;

/** Turns chunks of bytes into lines that are safe to show. A line without an end is shown in pieces, so that memory stays flat. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = '';

  push(chunk: Uint8Array): readonly string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LIMIT) lines.push(...this.#cut());
    return lines.map(clean);
  }

  /** What is left when the process has ended. */
  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = '';
    return rest === '' ? [] : [clean(rest)];
  }

  /** A progress bar never ends its line: only its last version is kept. */
  #cut(): readonly string[] {
    const last = lastVersion(this.#rest);
    this.#rest = last.length > LIMIT ? '' : last;
    return last.length > LIMIT ? [last] : [];
  }
}

const clean = (line: string): string => sanitize(lastVersion(line));
