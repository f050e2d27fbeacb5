import type { Runtime } from './find-runtime.ts';

/** How each runtime is told to log, so that its errors can be told from its warnings; crun logs nothing but errors. */
export const logFormat = (kind: Runtime['kind']): string => (kind === 'crun' ? 'text' : 'json');

/** The last error in a runtime's log. `undefined`: there was none, and an exit code is that of the process. */
export function readFailure(log: string, kind: Runtime['kind']): string | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  return kind === 'crun' ? lines.at(-1) : lines.map(readLine).findLast(({ level }) => level === 'error')?.msg;
}

function readLine(line: string): { readonly level: string; readonly msg: string } {
  try {
    return JSON.parse(line) as { level: string; msg: string };
  } catch {
    return { level: 'error', msg: line };
  }
}
