import { type Invocation, VarveError } from '@varve/core';

type Values = Invocation['values'];

export const textOf = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};
export const listOf = (values: Values, name: string): readonly string[] => {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
};
export const isOn = (values: Values, name: string): boolean => values[name] === true;

/** The command line was misused: exit code 2. */
export const usage = (message: string, hint?: string): VarveError => new VarveError('USAGE', message, { hint });
