import type { TarHeader, TarLimits } from './tar-header.ts';

/** One member of a tar that is being read. */
export interface TarMember extends TarHeader {
  /** The member's bytes. Read them while the handler runs, all, some or none; the rest is skipped. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Reads a plain tar of any kind (V7, ustar, PAX, GNU) and hands over its members one after the other, each when the handler is done with
 * the one before. Whiteouts are files here: this serves outer archives too.
 *
 * @throws VarveError `TAR_INVALID`, `TAR_TRUNCATED`, `TAR_SPARSE`, `TAR_PATH`, `TAR_LIMIT`
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  handler: (member: TarMember) => void | Promise<void>,
  limits: TarLimits = {},
): Promise<void> {
  throw new Error(`Not written yet ${source} ${handler} ${limits}`);
}
