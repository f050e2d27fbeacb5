import type { ContainerConfig } from '@varve/core/image';

/** How the health of a container is looked at; in milliseconds. */
export interface HealthCheck {
  readonly args: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  /** Failures in a row after which it is unhealthy. */
  readonly retries: number;
  /** For so long after the start a failure does not count, until something has succeeded. */
  readonly startPeriod: number;
  /** Between looks in that time. */
  readonly startInterval: number;
}

/** One look. */
export interface HealthResult {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** 0: healthy; -1: it could not be run, or not to its end. */
  readonly exitCode: number;
  readonly output: string;
}

export interface Health {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** The last ones, oldest first. */
  readonly log: readonly HealthResult[];
}

export const STARTING: Health = { status: 'starting', failingStreak: 0, log: [] };

/** Of a container that has ended: docker says so, too. */
export const unwatched = (health: Health | undefined): Health | undefined => health && { ...health, status: 'unhealthy' };

const SECONDS = 1000;
/** How many looks are kept, as docker does. */
const KEPT = 5;

/** With docker's defaults where the config has none, or 0; `undefined`: nobody asks for the health of this container. */
export function healthCheckOf({ Healthcheck: check, Shell: shell }: ContainerConfig): HealthCheck | undefined {
  const [kind, ...words] = check?.Test ?? [];
  if (check === undefined || check === null || words.length === 0 || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return undefined;
  const milliseconds = (nanoseconds: number | undefined, usual: number) => (nanoseconds ? nanoseconds / 1e6 : usual);
  return {
    args: kind === 'CMD' ? words : [...(shell ?? ['/bin/sh', '-c']), words.join(' ')],
    interval: milliseconds(check.Interval, 30 * SECONDS),
    timeout: milliseconds(check.Timeout, 30 * SECONDS),
    retries: check.Retries || 3,
    startPeriod: milliseconds(check.StartPeriod, 0),
    startInterval: milliseconds(check.StartInterval, 5 * SECONDS),
  };
}

/** What one more look makes of a container's health. */
export function nextHealth(health: Health, result: HealthResult, { retries, startPeriod, startedAt }: HealthCheck & Started): Health {
  const log = [...health.log, result].slice(-KEPT);
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  if (health.status === 'starting' && result.start - startedAt < startPeriod) return { ...health, log };
  const failingStreak = health.failingStreak + 1;
  return { status: failingStreak >= retries ? 'unhealthy' : health.status, failingStreak, log };
}

export interface Started {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Milliseconds until the next look. */
export const waitFor = (
  { status }: Health,
  { interval, startInterval, startPeriod, startedAt }: HealthCheck & Started,
  now: number,
): number => (status === 'starting' && now - startedAt < startPeriod ? startInterval : interval);
