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
  const part = id === '' || label.includes(id) ? '' : ` ${id.replace(/^sha256:([0-9a-f]{12})[0-9a-f]{52}$/, '$1')}`;
  return sanitize(`${label}${part} ${status}${amount}`);
}

const DONE = /^(?:done|complete|exists|already exists|cached|failed|mounted|pulled|pushed|stored|loaded|skipped)/i;
export const isTransferDone = ({ status, current, total }: EventOf<'transfer'>): boolean =>
  DONE.test(status) || (total !== undefined && current !== undefined && current >= total);

/** The end of a failed step's output, for views that have not shown it. */
export function describeFailure(vertex: Vertex, log: string | undefined): readonly string[] {
  if (vertex.tail.length === 0) return [];
  const tail = vertex.tail.map((line) => `  ${line}`);
  const where = log === undefined ? [] : [`  (whole output: ${log})`];
  return ['------', ` > ${vertex.label}:`, ...tail, ...where, '------'];
}
