import { isOn, textOf, usageError, type Values } from '@varve/core/command';
import { type Healthcheck, parseDuration } from '@varve/core/image';

const DURATIONS = {
  'health-interval': 'Interval',
  'health-timeout': 'Timeout',
  'health-start-period': 'StartPeriod',
  'health-start-interval': 'StartInterval',
} as const;

/** What `--health-…` change of the image's; `undefined`: nothing. @throws VarveError `USAGE` */
export function readHealth(values: Values): Healthcheck | undefined {
  const command = textOf(values, 'health-cmd');
  const durations = Object.entries(DURATIONS).flatMap(([option, member]) => {
    const text = textOf(values, option);
    return text === undefined ? [] : [[member, readDuration(option, text)] as const];
  });
  const retries = readRetries(textOf(values, 'health-retries'));
  const changes: Healthcheck = {
    ...(command && { Test: ['CMD-SHELL', command] }),
    ...Object.fromEntries(durations),
    ...(retries !== undefined && { Retries: retries }),
  };
  const isChanged = Object.keys(changes).length > 0;
  if (!isOn(values, 'no-healthcheck')) return isChanged ? changes : undefined;
  if (isChanged) throw usageError('--no-healthcheck conflicts with --health-* options');
  return { Test: ['NONE'] };
}

function readDuration(option: string, text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined || (duration !== 0 && duration < 1e6))
    throw usageError(`--${option} expects a duration like 30s, of 1ms at least, found ${JSON.stringify(text)}`);
  return duration;
}

function readRetries(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw usageError(`--health-retries expects a number, found ${JSON.stringify(text)}`);
  return Number(text);
}
