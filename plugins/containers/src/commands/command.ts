import type { Command, Invocation } from '@varve/core';
import type { ContainerStore, Engine } from '../engine.ts';

/** What a verb does, loaded when it is asked for: few command lines need more than one. */
export type Verb = (engine: Engine, invocation: Invocation) => Promise<number>;

/** A command of this plugin without what it does. */
export type Described = Omit<Command, 'run'>;

export const commandOf =
  (described: Described, load: () => Promise<Verb>) =>
  (store: ContainerStore): Command => ({
    ...described,
    async run(invocation) {
      const verb = await load();
      return await verb({ store, host: invocation.host }, invocation);
    },
  });
