import type { Command } from '../measure.ts';

/** A build to be done; nothing is fetched, and processes have no network. */
export interface Build {
  readonly context: string;
  readonly tag: string;
  /** File that gets the image's ID. */
  readonly idFile: string;
}

/**
 * A builder with a store of its own. Methods return commands; who calls them decides what is timed.
 *
 * A builder does its best by default options; what it needs beyond them to do the same as the others (layers, stages side by side) is given.
 */
export interface Builder {
  readonly name: string;
  readonly version: string;
  build(build: Build): Command;
  /** Takes the images of a docker-archive under the names they have there. */
  load(file: string): Command;
  save(tag: string, file: string): Command;
  /** `to` is on a loopback registry without TLS. */
  push(tag: string, to: string): Command;
  pull(from: string): Command;
  /** Makes the store empty, whatever it takes. */
  reset(): Promise<void>;
  /** Ends what it has started. */
  close?(): Promise<void>;
}

/** How to get a builder on this machine. */
export interface BuilderKind {
  readonly name: string;
  /** It builds nothing, and takes part where images are pushed and pulled alone. */
  readonly isTransport?: boolean;
  /** Why it does not take part, or `undefined`. */
  whyAbsent(): string | undefined;
  /** Opens it with all its state below `dir`. */
  open(dir: string): Builder;
}
