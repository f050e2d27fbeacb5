import { VarveError } from '@varve/core';

/** Milliseconds for which a mirror that could not be reached is passed over. */
const PAUSE = 30_000;

/** Mirrors that are down: nobody waits for them blob after blob. */
export class Downs {
  readonly #until = new Map<string, number>();

  add(host: string): void {
    this.#until.set(host, Date.now() + PAUSE);
  }

  isDown(host: string): boolean {
    return (this.#until.get(host) ?? 0) > Date.now();
  }
}

/** The registry's own failure, with what its mirrors said before. */
export function withReasons(failure: unknown, reasons: readonly string[]): unknown {
  if (!VarveError.is(failure) || reasons.length === 0) return failure;
  const said = `Its mirrors could not help: ${reasons.join('; ')}`;
  return new VarveError(failure.code, failure.message, {
    cause: failure,
    hint: failure.hint === undefined ? said : `${failure.hint} ${said}`,
  });
}
