import type { StepHistory } from '@varve/core';
import { formatDuration } from '../instructions/duration.ts';
import type { HealthcheckInstruction } from '../instructions/instruction.ts';
import { quote } from '../parser/text.ts';

/** Says who wrote a row. The same as BuildKit's, since tools recognise a built layer by it. */
const COMMENT = 'buildkit.dockerfile.v0';

export const row = (createdBy: string): StepHistory => ({ createdBy, comment: COMMENT });

/** Of a step that makes a layer from a command or files. */
export const layerRow = (createdBy: string): StepHistory => row(`${createdBy} # buildkit`);

/** A list as Go's `%q` prints it. */
export const quotedList = (items: readonly string[]): string => `[${items.map(quote).join(' ')}]`;

/** A list as Go's `%v` prints it. */
export const plainList = (items: readonly string[]): string => `[${items.join(' ')}]`;

/** A health check as Go's `%+v` prints docker's structure. */
export function healthcheckText(test: readonly string[], check: HealthcheckInstruction): string {
  const { interval, timeout, startPeriod, startInterval, retries } = check;
  const durations = Object.entries({ Interval: interval, Timeout: timeout, StartPeriod: startPeriod, StartInterval: startInterval });
  const fields = durations.map(([name, value]) => `${name}:${formatDuration(value)}`);
  return `HEALTHCHECK {Test:${plainList(test)} ${fields.join(' ')} Retries:${retries}}`;
}
