import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { type Duplex, pipeline, Readable, type Writable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { messageOf, VarveError } from '../src/errors.ts';
import { type Compression, corruptData, DETECTION_BYTES, detectCompression } from './compression.ts';
import { splitZstdFrames } from './zstd-frames.ts';

export interface DecompressOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Bytes at a time: the streams' own 16 KiB cost more turns of the event loop than decompression itself. */
const CHUNK = 256 * 1024;

/**
 * The plain bytes of a stream, whatever it is compressed with (told by its content): gzip of one or many members, zstd, bzip2, xz or
 * nothing. bzip2 and xz need the program of that name.
 *
 * @throws VarveError `COMPRESSION_UNAVAILABLE`, `COMPRESSION_CORRUPT`
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  { signal }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { first, rest } = await peek(source);
  signal?.throwIfAborted();
  const compression = detectCompression(first);
  const bytes = chain(first, rest);
  if (compression === 'none') yield* withSignal(bytes, signal);
  else if (compression === 'gzip') yield* inflate(bytes, { compression, through: createGunzip({ chunkSize: CHUNK }), signal });
  else if (compression === 'zstd') {
    const through = createZstdDecompress({ chunkSize: CHUNK });
    yield* inflate(splitZstdFrames(bytes), { compression, through, signal });
  } else yield* runProgram(bytes, { program: compression, signal });
}

/** Reads until the compression can be told. */
async function peek(source: AsyncIterable<Uint8Array>): Promise<{ first: Uint8Array; rest: AsyncIterator<Uint8Array> }> {
  const rest = source[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array(0);
  while (first.length < DETECTION_BYTES) {
    const next = await rest.next();
    if (next.done === true) break;
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
  }
  return { first, rest };
}

async function* chain(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* withSignal(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

interface Inflation extends DecompressOptions {
  readonly compression: Compression;
  readonly through: Duplex;
}

async function* inflate(
  bytes: AsyncIterable<Uint8Array>,
  { compression, through, signal }: Inflation,
): AsyncGenerator<Uint8Array, void, undefined> {
  const feeding = feed(bytes, through);
  try {
    yield* withSignal(through, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw feeding.failure() ?? corruptData(compression, messageOf(cause), cause);
  } finally {
    through.destroy();
  }
}

/** Writes everything into a stream. An error of the source is kept apart from those of the stream. */
function feed(bytes: AsyncIterable<Uint8Array>, into: Writable): { failure(): unknown } {
  let failure: unknown;
  const watched = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* bytes;
    } catch (cause) {
      // If the reading side failed first, this is only its echo.
      if (!into.destroyed) failure = cause;
      throw cause;
    }
  };
  // Whatever goes wrong shows where the stream is read.
  pipeline(Readable.from(watched(), { objectMode: false }), into, () => undefined);
  return { failure: () => failure };
}

/** A hostile archive may ask xz for any amount of memory. */
const ARGUMENTS: Readonly<Record<'bzip2' | 'xz', readonly string[]>> = {
  bzip2: ['-dc'],
  xz: ['-dc', '--memlimit-decompress=1GiB'],
};

async function* runProgram(
  bytes: AsyncIterable<Uint8Array>,
  { program, signal }: DecompressOptions & { readonly program: 'bzip2' | 'xz' },
): AsyncGenerator<Uint8Array, void, undefined> {
  const child = spawn(program, ARGUMENTS[program], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = endOf(child);
  const feeding = feed(bytes, child.stdin);
  try {
    yield* withSignal(child.stdout, signal);
    const complaint = await ended;
    if (feeding.failure() !== undefined) throw feeding.failure();
    if (complaint !== undefined) throw complaint;
  } finally {
    child.kill();
  }
}

/** Why a program failed; `undefined` if it did not. */
function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<VarveError | undefined> {
  const [program = ''] = child.spawnargs;
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(0, 1000);
  });
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve(unavailable(program, cause)));
    child.once('close', (code) => resolve(code === 0 ? undefined : corruptData(program, text.trim() || `exit code ${code}`)));
  });
}

const unavailable = (program: string, cause: unknown): VarveError =>
  new VarveError('COMPRESSION_UNAVAILABLE', `Unpacking needs the program ${program}: ${messageOf(cause)}`, {
    cause,
    hint: program === 'xz' ? 'Install xz (package xz-utils)' : `Install ${program}`,
  });
