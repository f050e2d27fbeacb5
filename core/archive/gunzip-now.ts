import { constants, createGunzip } from 'node:zlib';
import { messageOf } from '../src/errors.ts';
import { corruptData } from './compression.ts';

/**
 * What a stream of zlib's works with. Node does not describe it, but has had it since its version 10, and npm's own tar counts on it. Without it
 * nothing here is used (`canGunzipNow`).
 */
interface Engine {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Uint8Array,
      at: number,
      length: number,
      output: Uint8Array,
      outputAt: number,
      outputLength: number,
    ): void;
  };
  /** After each write: the bytes of the output and of the input that were not used. */
  readonly _writeState: Uint32Array;
}

/** What stays in the cache of a core. */
const OUTPUT = 256 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Unpacks gzip on the calling thread, always into the same memory: for a thread that has nothing else to do. A stream takes twice as long,
 * with a turn of Node's pool and new memory for each piece.
 */
export class GunzipNow {
  readonly #stream = createGunzip();
  readonly #engine = this.#stream as unknown as Engine; // see there
  readonly #output = Buffer.allocUnsafeSlow(OUTPUT);
  #isOver = false;

  constructor() {
    this.#stream.on('error', () => undefined); // thrown where it happens
  }

  /** Each piece is valid until the next one is asked for. @throws VarveError `COMPRESSION_CORRUPT` */
  *push(input: Uint8Array, flush: number = constants.Z_NO_FLUSH): Generator<Uint8Array, void, undefined> {
    const { _handle: handle, _writeState: left } = this.#engine;
    for (let at = 0; !this.#isOver; ) {
      handle.writeSync(flush, input, at, input.length - at, this.#output, 0, OUTPUT);
      if (this.#stream.errored) throw corruptData('gzip', messageOf(this.#stream.errored));
      const [room = 0, rest = 0] = left;
      at = input.length - rest;
      if (room < OUTPUT) yield this.#output.subarray(0, OUTPUT - room);
      if (room === 0) continue; // there may be more
      this.#isOver = rest > 0; // what follows the last member counts for nothing
      return;
    }
  }

  /** What is left. @throws VarveError `COMPRESSION_CORRUPT` where there should be more */
  end(): Generator<Uint8Array, void, undefined> {
    return this.push(NOTHING, constants.Z_FINISH);
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** Whether this Node has what that takes. */
export function canGunzipNow(): boolean {
  const stream = createGunzip();
  const { _handle: handle, _writeState: left } = stream as unknown as Partial<Engine>;
  stream.destroy();
  return typeof handle?.writeSync === 'function' && left instanceof Uint32Array;
}
