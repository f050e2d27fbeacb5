import { readFileSync, readlinkSync } from 'node:fs';

/** Files of processes that cannot be asked (another PID namespace) are left alone for this long, in milliseconds. */
const FOREIGN_AGE = 24 * 60 * 60 * 1000;

let own: string | undefined;

/**
 * Names this process for as long as the machine runs: boot, PID namespace, PID and start time, since a PID alone is given again. Goes in
 * front of the name of every temporary file.
 */
export function ownerName(): string {
  own ??= `${bootId()}.${namespaceId()}.${process.pid}.${startTime(process.pid) ?? '0'}`;
  return own;
}

/** Whether the process that made a temporary file is gone for sure. `age`: of the file, in milliseconds. */
export function isAbandoned(name: string, age: number): boolean {
  const [boot, namespace, pid, started] = (name.split('-')[0] ?? '').split('.');
  if (pid === undefined || !/^[1-9][0-9]*$/.test(pid) || started === undefined) return age > FOREIGN_AGE;
  if (boot !== bootId()) return true;
  if (namespace !== namespaceId()) return age > FOREIGN_AGE;
  return startTime(Number(pid)) !== started;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    return 'unknown'; // no /proc: every name has the same, and ages decide
  }
}

function namespaceId(): string {
  try {
    return /[0-9]+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** In ticks since boot (proc(5), /proc/pid/stat, field 22); `undefined` where there is no such process. */
function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
