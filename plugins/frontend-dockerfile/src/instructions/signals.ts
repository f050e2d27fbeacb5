import { constants } from 'node:os';

const REAL_TIME = /^RTMIN(\+([1-9]|1[0-5]))?$|^RTMAX(-([1-9]|1[0-4]))?$/;
/** Linux's names that Node does not list. */
const OTHERS: ReadonlySet<string> = new Set(['CLD', 'POLL', 'IOT', 'STKFLT']);

/** Whether a container could be told to stop with it: a number but 0, or a name with or without `SIG`. */
export function isSignal(text: string): boolean {
  if (/^[-+]?\d+$/.test(text)) return Number(text) !== 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return Object.hasOwn(constants.signals, `SIG${name}`) || OTHERS.has(name) || REAL_TIME.test(name);
}
