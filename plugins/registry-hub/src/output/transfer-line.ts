import type { BuildEvent } from '@varve/core';
import { humanSize } from '@varve/core/command';
import { visibleText } from '../http/visible-text.ts';

export type Transfer = Extract<BuildEvent, { readonly type: 'transfer' }>;
type Shown = Pick<Transfer, 'label' | 'status' | 'current' | 'total'>;

/** Statuses after which nothing more is said of a layer. */
const LAST = /^(?:Pull complete|Already exists|Pushed|Layer already exists|Mounted from .*|Skipped .*)$/;
export const isLast = ({ status }: Shown): boolean => LAST.test(status);

const LONGEST_BAR = 50;
const SHORTEST_BAR = 10;

/** `5c1b9e8d7fab: Pulling fs layer` */
export const plainLine = ({ label, status }: Shown): string => visibleText(`${label}: ${status}`);

/** The same with a bar and numbers where something moves, as far as there is room: `…: Downloading [====>     ]  1.2MB/3MB`. */
export function movingLine(transfer: Shown, columns: number): string {
  const line = plainLine(transfer);
  const { current, total } = transfer;
  if (current === undefined || isLast(transfer) || !/^(?:Downloading|Extracting|Pushing)$/.test(transfer.status))
    return line.slice(0, columns);
  if (total === undefined || total === 0) return `${line}  ${humanSize(current)}`.slice(0, columns);
  const numbers = `${humanSize(Math.min(current, total)).padStart(8)}/${humanSize(total)}`;
  const width = Math.min(LONGEST_BAR, columns - line.length - numbers.length - 5);
  const bar = width < SHORTEST_BAR ? '' : ` [${barOf(current / total, width)}]`;
  return `${line}${bar} ${numbers}`.slice(0, columns);
}

function barOf(part: number, width: number): string {
  const done = Math.min(width - 1, Math.floor(Math.max(0, part) * width));
  return `${'='.repeat(done)}>`.padEnd(width);
}
