import { usageError } from '@varve/core/command';

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, ns: 0.000_001 };

/**
 * A moment as docker's `--since` takes it: seconds since 1970, an RFC 3339 time or date, or how long ago (`10m`, `1h30m`).
 * @returns milliseconds since 1970
 * @throws VarveError `USAGE`
 */
export function parseTime(option: string, text: string, now = Date.now()): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)/g)];
  if (parts.length > 0 && parts.map(([whole]) => whole).join('') === text)
    return now - parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0), 0);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text) : Number.NaN;
  if (Number.isNaN(at))
    throw usageError(`--${option} expects a time like 2026-01-02T15:04:05Z or a duration like 10m, found ${JSON.stringify(text)}`);
  return at;
}
