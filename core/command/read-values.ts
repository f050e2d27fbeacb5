import type { Invocation } from '../src/contracts/command.ts';

export type Values = Invocation['values'];

export const textOf = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};
export const listOf = (values: Values, name: string): readonly string[] => {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
};
export const isOn = (values: Values, name: string): boolean => values[name] === true;

/** Whether words for people may go to stderr. With `rawjson` it is for programs: nothing but events. */
export const isTalking = (values: Values): boolean =>
  !isOn(values, 'quiet') && !['rawjson', 'quiet', 'none'].includes(textOf(values, 'progress') ?? process.env.BUILDKIT_PROGRESS ?? '');
