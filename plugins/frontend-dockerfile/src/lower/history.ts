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

/** A health check as Go's `%q` prints docker's structure. */
export function healthcheckText(test: readonly string[], check: HealthcheckInstruction): string {
  const durations = [check.interval, check.timeout, check.startPeriod, check.startInterval].map((each) => quote(formatDuration(each)));
  return `HEALTHCHECK &{${quotedList(test)} ${durations.join(' ')} ${quotedRune(check.retries)}}`;
}

/** A number as Go's `%q` prints it: the character that it stands for. */
function quotedRune(code: number): string {
  const char = String.fromCodePoint(code <= 0x10ffff ? code : 0xfffd);
  if (char === "'") return "'\\''";
  const text = quote(char).slice(1, -1);
  return `'${char === '"' ? char : text}'`;
}
