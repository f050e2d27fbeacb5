import type { BuildEvent } from '@varve/core';

export type EventOf<T extends BuildEvent['type']> = Extract<BuildEvent, { readonly type: T }>;

/** One build's (or pull's) way of being told. Called in the order of the events; what it throws is swallowed by `Reporters`. */
export interface Reporter {
  report(event: BuildEvent): void;
}
