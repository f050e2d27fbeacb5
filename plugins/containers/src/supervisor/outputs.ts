import type { StreamName } from './log-file.ts';
import type { Session } from './session.ts';

/** Who gets the output of a process. The slowest decides how fast it goes on. */
export class Outputs {
  readonly #to = new Map<Session, Readonly<Record<StreamName, boolean>>>();

  add(session: Session, streams: Readonly<Record<StreamName, boolean>>): void {
    this.#to.set(session, streams);
  }

  remove(session: Session): void {
    this.#to.delete(session);
  }

  write(stream: StreamName, chunk: Uint8Array): void {
    for (const [session, streams] of this.#to) if (streams[stream]) session.output(stream, chunk);
  }

  ready(): Promise<void> | undefined {
    const waiting = [...this.#to.keys()].flatMap((session) => session.drained ?? []);
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
  }
}
