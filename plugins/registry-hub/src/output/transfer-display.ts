import type { Writable } from 'node:stream';
import type { Emit } from '@varve/core';
import { PlainTransfers } from './plain-transfers.ts';
import { TerminalTransfers } from './terminal-transfers.ts';

/** Shows how layers come or go. `end` leaves the last state of each on the screen. */
export interface TransferDisplay {
  readonly emit: Emit;
  end(): void;
}

/** What a stream to a terminal has and others have not. */
export interface Screen extends Writable {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Lines that are redrawn where they stand on a terminal that can do so, a line for each new state elsewhere, nothing where nobody listens. */
export function openDisplay(
  stream: Screen,
  { isQuiet, env = process.env }: { readonly isQuiet: boolean; readonly env?: NodeJS.ProcessEnv },
): TransferDisplay {
  if (isQuiet) return { emit: () => undefined, end: () => undefined };
  return stream.isTTY === true && env.TERM !== 'dumb' ? new TerminalTransfers(stream) : new PlainTransfers(stream);
}
