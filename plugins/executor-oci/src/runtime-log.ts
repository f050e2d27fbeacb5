import type { Runtime } from './find-runtime.ts';

/** How each runtime is told to log, so that its errors can be told from its warnings; crun logs nothing but errors. */
export const logFormat = (kind: Runtime['kind']): string => (kind === 'crun' ? 'text' : 'json');

/** The last error in a runtime's log. `undefined`: there was none, and an exit code is that of the process. */
export function readFailure(log: string, kind: Runtime['kind']): string | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  return kind === 'crun' ? lines.at(-1) : lines.map(readLine).findLast(({ level }) => level === 'error')?.msg;
}

/**
 * When a process has ended before crun looks, what it wrote to its terminal last is in crun's log and nowhere else, with one more end of
 * line. Lines of a terminal end with a carriage return, those of crun's errors do not, and after an error of its own crun exits with 1.
 */
export const unreadOutput = (log: string, exitCode: number): string | undefined =>
  log !== '' && (exitCode !== 1 || log.includes('\r\n')) ? log.replace(/\n$/, '') : undefined;

function readLine(line: string): { readonly level: string; readonly msg: string } {
  try {
    return JSON.parse(line) as { level: string; msg: string };
  } catch {
    return { level: 'error', msg: line };
  }
}
