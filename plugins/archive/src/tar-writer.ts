import { VarveError } from '@varve/core';
import { paxRecord } from '@varve/core/archive';

/** One member of an image archive. Names are ASCII, as all names in such archives are. */
export interface ArchiveMember {
  /** A folder's ends in `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array | undefined;
}

const BLOCK = 512;

/**
 * An image archive as tar: ustar headers with fixed owner, mode and time, so that equal members give equal bytes. Bodies are passed on as
 * they come; nothing is held.
 * @throws VarveError `BLOB_CORRUPT` for a body that is not as long as its member says
 */
export async function* writeArchive(members: Iterable<ArchiveMember>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { path, size, body } of members) {
    yield* headers(path, size);
    if (body === undefined) continue;
    let passed = 0;
    for await (const chunk of body instanceof Uint8Array ? [body] : body) {
      passed += chunk.length;
      yield chunk;
    }
    if (passed !== size) throw new VarveError('BLOB_CORRUPT', `Expected ${size} bytes of ${path}, found ${passed}`);
    if (size % BLOCK > 0) yield new Uint8Array(BLOCK - (size % BLOCK));
  }
  yield new Uint8Array(2 * BLOCK);
}

const NAME = 100;

/** A name that is too long for its field, as those of sha512 digests are, comes in front (POSIX pax, Extended Header). */
function* headers(path: string, size: number): Generator<Uint8Array, void, undefined> {
  if (path.length > NAME) {
    const record = Buffer.from(paxRecord('path', path));
    yield header('pax', record.length, 'x');
    yield record;
    yield new Uint8Array(BLOCK - (record.length % BLOCK));
  }
  yield header(path.slice(0, NAME), size, path.endsWith('/') ? '5' : '0');
}

function header(path: string, size: number, type: '0' | '5' | 'x'): Uint8Array {
  const isFolder = type === '5';
  const block = Buffer.alloc(BLOCK);
  block.write(path, 0, NAME, 'latin1');
  block.write(isFolder ? '0000755\0' : '0000644\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  writeSize(block, size);
  block.write('00000000000\0', 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Above 8 GiB in base 256, which every reader of such archives knows. */
function writeSize(block: Buffer, size: number): void {
  if (size < 8 ** 11) {
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    return;
  }
  block.writeBigUInt64BE(BigInt(size), 128);
  block[124] = 0x80;
}
