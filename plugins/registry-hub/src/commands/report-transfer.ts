import type { Writable } from 'node:stream';
import type { Emit } from '@varve/core';

/** One line for each step that a layer takes, as docker prints them where there is no terminal. */
export function reportTransfer(stderr: Writable): Emit {
  const shown = new Map<string, string>();
  return (event) => {
    if (event.type !== 'transfer' || shown.get(event.id) === event.status) return;
    shown.set(event.id, event.status);
    stderr.write(`${event.label}: ${event.status}\n`);
  };
}
