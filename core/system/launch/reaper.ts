import { constants } from 'node:os';
import { attempt } from './calls.ts';

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Children of this process that Node knows nothing of, and who waits for their end. */
const waiting = new Map<number, (ending: Ending) => void>();
const NO_HANG = 1;
/** Listening to a signal does not keep a process from ending, a timer does. Milliseconds. */
const LOOK = 1000;
let timer: NodeJS.Timeout | undefined;

/** Waits for a child that was not started by Node; on the main thread, where signals arrive. */
export function reap(pid: number, ended: (ending: Ending) => void): void {
  if (waiting.size === 0) {
    process.on('SIGCHLD', reapAll);
    timer = setInterval(reapAll, LOOK);
  }
  waiting.set(pid, ended);
  reapAll(); // it may have ended already
}

function reapAll(): void {
  const status = Buffer.alloc(4);
  for (const [pid, ended] of [...waiting]) {
    if (attempt('waitpid', pid, status, NO_HANG) === 0) continue;
    waiting.delete(pid);
    ended(endingOf(status.readInt32LE()));
  }
  if (waiting.size > 0) return;
  process.off('SIGCHLD', reapAll);
  clearInterval(timer);
}

/** wait(2): the low seven bits are the signal, the next byte is the exit code. */
function endingOf(status: number): Ending {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: null };
  const [name] = Object.entries(constants.signals).find(([, each]) => each === number) ?? [];
  return { code: null, signal: (name ?? 'SIGKILL') as NodeJS.Signals }; // Node's table has every signal but the real-time ones
}
