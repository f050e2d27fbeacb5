import type { BuildWarning } from '@varve/core';
import type { EventOf } from './reporter.ts';
import { bytes, sanitize } from './text.ts';
import type { Vertex } from './vertices.ts';

export function describeWarning({ code, message, source }: BuildWarning): string {
  const place = source === undefined ? '' : `${source.file}:${source.startLine}: `;
  return sanitize(`${place}${message} (${code})`);
}

/** Stopped because of something else; nothing is wrong with the step itself. */
export const isCanceled = ({ code }: EventOf<'step-failed'>): boolean => code === 'STEP_STOPPED';

export function describeTransfer({ id, label, status, current, total }: EventOf<'transfer'>): string {
  const amount = current === undefined ? '' : ` ${bytes(current)}${total === undefined ? '' : ` / ${bytes(total)}`}`;
  const short = id.replace(/^sha(?:256|512):([0-9a-f]{12})[0-9a-f]{52,}$/, '$1');
  const part = short === '' || label.includes(short) ? '' : ` ${short}`;
  return sanitize(`${label}${part} ${status}${amount}`);
}

const DONE =
  /^(?:done|complete|exists|already exists|cached|failed|mounted|pull complete|pulled|pushed|layer already exists|stored|loaded|skipped)/i;
/** All bytes are there, and something is still done with them. */
const UNDER_WAY = /^(?:downloading|verifying|download complete|extracting|pushing)/i;
export const isTransferDone = ({ status, current, total }: EventOf<'transfer'>): boolean =>
  DONE.test(status) || (!UNDER_WAY.test(status) && total !== undefined && current !== undefined && current >= total);

const BAR = 25;
/** The same with a bar, for a line that is redrawn. */
export function describeMoving(event: EventOf<'transfer'>): string {
  const { label, status, current, total } = event;
  if (current === undefined || !total || !/^(?:downloading|extracting|pushing)$/i.test(status)) return sanitize(`${label} ${status}`);
  const done = Math.min(BAR - 1, Math.floor((current / total) * BAR));
  return sanitize(`${label} ${status} [${`${'='.repeat(done)}>`.padEnd(BAR)}] ${bytes(current)} / ${bytes(total)}`);
}

/** The end of a failed step's output, for views that have not shown it. */
export function describeFailure(vertex: Vertex, log: string | undefined): readonly string[] {
  if (vertex.tail.length === 0) return [];
  const tail = vertex.tail.map((line) => `  ${line}`);
  const where = log === undefined ? [] : [`  (whole output: ${log})`];
  return ['------', ` > ${vertex.label}:`, ...tail, ...where, '------'];
}
