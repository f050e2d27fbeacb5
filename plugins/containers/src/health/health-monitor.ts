import { messageOf, type ProcessIO, type RunningProcess, VarveError } from '@varve/core';
import { type Health, type HealthCheck, type HealthResult, nextHealth, STARTING, type Started, waitFor } from './health-check.ts';

export interface Patient extends Started {
  readonly check: HealthCheck;
  /** Starts the check in the container. */
  execute(io: ProcessIO): Promise<RunningProcess>;
  /** Told after each look. */
  tell(health: Health): void;
}

/** Bytes of output that are kept of a look, as docker does. */
const OUTPUT = 4096;

/** Looks at the health of one container until it is disposed, one look after the other. */
export class HealthMonitor implements Disposable {
  readonly #patient: Patient;
  #health = STARTING;
  #timer: NodeJS.Timeout | undefined;
  /** What a look of an earlier one finds does not count. */
  #turn = 0;

  constructor(patient: Patient) {
    this.#patient = patient;
    this.resume();
  }

  /** A container whose clock stands still is not asked, and what was being asked has no answer. */
  pause(): void {
    this.#turn++;
    clearTimeout(this.#timer);
  }

  resume(): void {
    const { check, startedAt } = this.#patient;
    this.#timer = setTimeout(() => void this.#look(), waitFor(this.#health, { ...check, startedAt }, Date.now()));
  }

  /** Nothing is told any more. */
  [Symbol.dispose](): void {
    this.pause();
  }

  async #look(): Promise<void> {
    const { check, startedAt, tell } = this.#patient;
    const turn = this.#turn;
    const result = await probe(this.#patient);
    if (turn !== this.#turn) return;
    this.#health = nextHealth(this.#health, result, { ...check, startedAt });
    try {
      tell(this.#health);
    } catch {
      // no reason to end a container: the next look tells of this one, too
    }
    this.resume();
  }
}

/** Whatever goes wrong is a result. */
async function probe({ check, execute }: Patient): Promise<HealthResult> {
  const start = Date.now();
  let output = Buffer.alloc(0);
  const take = (chunk: Uint8Array): void => {
    if (output.length < OUTPUT) output = Buffer.concat([output, chunk]).subarray(0, OUTPUT);
  };
  const late = new AbortController();
  const timeout = Promise.withResolvers<never>();
  timeout.promise.catch(() => undefined); // nobody waits for it when all goes well
  const timer = setTimeout(() => {
    const failure = new Error(`Health check exceeded timeout (${check.timeout / 1000}s)`);
    late.abort(failure);
    timeout.reject(failure);
  }, check.timeout);
  const finish = (exitCode: number, said: string): HealthResult => ({ start, end: Date.now(), exitCode, output: said });
  try {
    const running = await Promise.race([execute({ stdout: take, stderr: take, signal: late.signal }), timeout.promise]);
    const { exitCode } = await Promise.race([running.exit, timeout.promise]);
    return finish(exitCode, output.toString());
  } catch (failure) {
    return finish((VarveError.is(failure) ? failure.exitCode : undefined) ?? -1, messageOf(failure));
  } finally {
    clearTimeout(timer);
  }
}
