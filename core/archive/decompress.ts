/**
 * The plain bytes of a stream, whatever it is compressed with (told by its content): gzip of one or many members, zstd, bzip2, xz or
 * nothing. bzip2 and xz need the program of that name.
 *
 * @throws VarveError `COMPRESSION_UNAVAILABLE`, `COMPRESSION_CORRUPT`
 */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncIterable<Uint8Array> {
  throw new Error(`Not written yet ${source} ${options}`);
}
