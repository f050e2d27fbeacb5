import { readFileSync } from 'node:fs';

/** Peak resident memory of a process so far, in MB, by the kernel's own count. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0; // it has ended
  }
}

/** Runs a process and watches its peak, in MB. @param work is given what has to be told the process's id */
export async function peakWhile(work: (started: (pid: number | undefined) => void) => Promise<unknown>): Promise<number> {
  let peak = 0;
  let pid = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, peakOf(pid));
  }, 20);
  try {
    await work((id = 0) => {
      pid = id;
    });
  } finally {
    clearInterval(watching);
  }
  return peak;
}
