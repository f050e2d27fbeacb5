import { parseDuration } from '../image/duration.ts';
import { usageError } from './usage-error.ts';

const DAY = 86_400e9;

/**
 * A moment as docker's `--since` and `until` take it: how long ago (`10m`, `1h30m`; days, too: `7d`), seconds since 1970, an RFC 3339
 * time, or a date, which is UTC's.
 * @param option in the error: `--since`
 * @returns milliseconds since 1970
 * @throws VarveError `USAGE`
 */
export function momentOf(option: string, text: string, now = Date.now()): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const [, days = '0', rest = ''] = /^(?:(\d+(?:\.\d+)?)d)?(.*)$/s.exec(text) ?? [];
  const age = rest === '' && text !== '' ? 0 : parseDuration(rest);
  if (age !== undefined) return now - (Number(days) * DAY + age) / 1e6;
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN; // of a date alone JavaScript, too, thinks it is UTC's
  if (Number.isNaN(at))
    throw usageError(`${option} expects a time like 2026-01-02T15:04:05Z or a duration like 10m, found ${JSON.stringify(text)}`);
  return at;
}
