const BYTES = 32;
const PREFIX = 'sha256:';

/** SHA-256 digests by number: their bytes alone, since there may be one for each file of a large tree. */
export class KnownDigests {
  readonly #bytes: Buffer;
  readonly #isKnown: Uint8Array;

  constructor(length: number) {
    this.#bytes = Buffer.alloc(length * BYTES);
    this.#isKnown = new Uint8Array(length);
  }

  get(number: number): string | undefined {
    if (this.#isKnown[number] !== 1) return undefined;
    return PREFIX + this.#bytes.toString('hex', number * BYTES, (number + 1) * BYTES);
  }

  set(number: number, digest: string): void {
    this.#isKnown[number] = 1;
    this.#bytes.write(digest.slice(PREFIX.length), number * BYTES, BYTES, 'hex');
  }
}
