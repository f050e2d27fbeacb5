import { usageError } from './usage-error.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The moment that docker's `until` means: so long ago (`24h`, `1h30m`), a date, or seconds since 1970. In milliseconds since 1970.
 * @throws VarveError `USAGE`
 */
export function untilOf(text: string | undefined, now = Date.now()): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text))
    return (
      now - [...text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0)
    );
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw usageError(`until expects an age like 24h or a time, found ${JSON.stringify(text)}`);
  return time;
}
