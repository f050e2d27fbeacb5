import { goJson, goText, isTrue } from './go-value.ts';
import { templateError } from './template-error.ts';

type Fn = (...values: readonly unknown[]) => unknown;
const text = (value: unknown): string => (value === undefined || value === null ? '' : goText(value));

/** Those of Go's text/template and of docker's commands that make sense for what is printed here. */
export const FUNCTIONS: Readonly<Record<string, Fn>> = {
  json: goJson,
  join: (list, separator) => (Array.isArray(list) ? list.map(goText).join(text(separator)) : text(list)),
  split: (value, separator) => text(value).split(text(separator)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replace(/\b\w/g, (letter) => letter.toUpperCase()),
  truncate: (value, length) => text(value).slice(0, Number(length)),
  pad: (value, before, after) => (text(value) === '' ? '' : `${' '.repeat(Number(before))}${text(value)}${' '.repeat(Number(after))}`),
  len: lengthOf,
  index: (value, ...keys) => keys.reduce(memberAt, value),
  slice: (value, from = 0, to = undefined) =>
    (Array.isArray(value) ? value : text(value)).slice(Number(from), to === undefined ? undefined : Number(to)),
  print: (...values) => values.map(goText).join(''),
  println: (...values) => `${values.map(goText).join(' ')}\n`,
  printf: (format, ...values) => formatWith(text(format), values),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (value, ...others) => others.some((other) => other === value),
  ne: (a, b) => a !== b,
  lt: (a, b) => (a as number) < (b as number),
  le: (a, b) => (a as number) <= (b as number),
  gt: (a, b) => (a as number) > (b as number),
  ge: (a, b) => (a as number) >= (b as number),
};

function lengthOf(value: unknown): number {
  if (Array.isArray(value) || typeof value === 'string') return value.length;
  if (value instanceof Map) return value.size;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function memberAt(value: unknown, key: unknown): unknown {
  if (value instanceof Map) return value.get(key) ?? '';
  if (Array.isArray(value)) {
    const member: unknown = value[Number(key)];
    if (member === undefined) throw templateError(`error calling index: index out of range: ${text(key)}`);
    return member;
  }
  return (value as Readonly<Record<string, unknown>> | null | undefined)?.[text(key)] ?? '';
}

function formatWith(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(-?)(\d*)([sdvq%])/g, (_, left: string, width: string, verb: string) => {
    if (verb === '%') return '%';
    const value = values[next++];
    const shown = verb === 'q' ? JSON.stringify(text(value)) : goText(value);
    return left === '-' ? shown.padEnd(Number(width)) : shown.padStart(Number(width));
  });
}
