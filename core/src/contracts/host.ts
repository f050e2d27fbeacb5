import type { Abortable } from '../../image/index.ts';

/** Asks for a host facility, by name or whichever fits. A tap that passes says why, for the error when all pass. */
export interface HostRequest extends Abortable {
  readonly name?: string | undefined;
  /** Root of the store. */
  readonly root: string;
  decline(provider: string, reason: string): void;
}
