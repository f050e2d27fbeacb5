import type { Readable, Writable } from 'node:stream';

/** The streams of a run. `stdin` is a getter where it is opened late: opening costs, and few commands read it. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}
