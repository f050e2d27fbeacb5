/** Bytes of a line; an answer is made in memory. */
const LONGEST = 64 << 20;
const NEWLINE = 0x0a;

/** The lines of a stream that are not blank, `undefined` for each that is too long to be kept. */
export async function* readQuestions(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<string | undefined> {
  const line = new PartialLine();
  for await (const chunk of stream) {
    let rest = Buffer.from(chunk as Uint8Array);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      line.add(rest.subarray(0, end));
      yield* line.take();
      rest = rest.subarray(end + 1);
    }
    line.add(rest);
  }
  yield* line.take();
}

/** Chunks of a line until it ends: put together once, so that characters may lie across them. */
class PartialLine {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  add(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > LONGEST) this.#parts = [];
    else this.#parts.push(part);
  }

  *take(): Generator<string | undefined> {
    const text = this.#bytes > LONGEST ? undefined : Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#bytes = 0;
    if (text === undefined || text.trim() !== '') yield text;
  }
}
