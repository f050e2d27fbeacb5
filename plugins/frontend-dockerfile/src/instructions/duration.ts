import { quote } from '../parser/text.ts';

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
/** A signed 64-bit count of nanoseconds, of which JavaScript's numbers keep enough. */
const LONGEST = 2 ** 63;

/** Nanoseconds of `1h30m`, `1.5s` …; errors are worded as Go's are. @throws Error with nothing but the message */
export function parseDuration(text: string): number | { readonly problem: string } {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return 0;
  if (rest === '') return { problem: `time: invalid duration ${quote(text)}` };
  let total = 0;
  while (rest !== '') {
    const [part = '', number = '', unit = ''] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
    if (part === '') return { problem: `time: invalid duration ${quote(text)}` };
    if (unit === '') return { problem: `time: missing unit in duration ${quote(text)}` };
    const scale = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
    if (scale === undefined) return { problem: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` };
    total += Number(number) * scale;
    rest = rest.slice(part.length);
  }
  if (total >= LONGEST) return { problem: `time: invalid duration ${quote(text)}` };
  return Math.trunc(sign === '-' ? -total : total);
}

/** The way Go prints a duration: `1m30s`, `1.5s`, `300ms`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e9) return formatSmall(nanoseconds);
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = `${trimZeros((nanoseconds % 60e9) / 1e9, 9)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

function formatSmall(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  return nanoseconds < 1e6 ? `${trimZeros(nanoseconds / 1e3, 3)}µs` : `${trimZeros(nanoseconds / 1e6, 6)}ms`;
}

const trimZeros = (value: number, digits: number): string => value.toFixed(digits).replace(/\.?0+$/, '');
