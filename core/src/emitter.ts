import type { BuildEvent, Emit } from './contracts/event.ts';
import type { VarveError } from './errors.ts';
import type { Hooks } from './hooks.ts';

/**
 * Tells the `event` taps what happens. They see events in order, are not waited for, and cannot fail a build: the first failure of each
 * plugin becomes a warning, which the others see.
 */
export class Emitter {
  readonly #hooks: Hooks;
  readonly #failed = new Set<string>();

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  send(event: BuildEvent): void {
    void this.#hooks.event.promise(event); // it never fails: see `report`
  }

  /** For one build, or one platform of it: adds its id and the time. */
  for(build: string, platform?: string): Emit {
    const whose = platform === undefined ? { build } : { build, platform };
    return (body) => this.send({ ...body, ...whose, at: Date.now() } as BuildEvent); // the spread of a union is not seen as one
  }

  report({ build }: BuildEvent, { plugin = '?', message }: VarveError): void {
    if (this.#failed.has(plugin)) return;
    this.#failed.add(plugin);
    this.send({ type: 'warning', code: 'EVENT_TAP_FAILED', message: `${plugin} failed while watching: ${message}`, build, at: Date.now() });
  }
}
