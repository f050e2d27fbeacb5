import { constants } from 'node:os';
import { VarveError } from '@varve/core';

/** `KILL`, `SIGKILL`, `9` → `SIGKILL`. @throws VarveError `CONTAINER_SIGNAL` */
export function signalName(text: string): NodeJS.Signals {
  const names = Object.entries(constants.signals);
  const number = /^\d+$/.test(text) ? Number(text) : undefined;
  const upper = text.toUpperCase();
  const wanted = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const found = names.find(([name, value]) => (number === undefined ? name === wanted : value === number));
  if (found === undefined) throw new VarveError('CONTAINER_SIGNAL', `Invalid signal: ${text}`);
  return found[0] as NodeJS.Signals; // a name of this system's
}
