/** What a runtime's log says went wrong: with the program, or before it could be started. */
export type RuntimeFailure =
  | { readonly kind: 'program'; readonly exitCode: 126 | 127; readonly message: string }
  | { readonly kind: 'runtime'; readonly message: string };

/** Both runtimes log one JSON object a line, and errors at level `error`. `undefined`: nothing went wrong. */
export function readFailure(log: string): RuntimeFailure | undefined {
  const message = log
    .split('\n')
    .filter((line) => line !== '')
    .map(readLine)
    .findLast(({ level }) => level === 'error')?.msg;
  if (message === undefined) return undefined;
  if (!/exec container process|exec: |exec \S+: |executable file/i.test(message)) return { kind: 'runtime', message };
  const missing = /not found|no such file/i.test(message);
  return { kind: 'program', exitCode: missing ? 127 : 126, message: message.replace(/^.*?(exec)/s, '$1') };
}

function readLine(line: string): { readonly level: string; readonly msg: string } {
  try {
    return JSON.parse(line) as { level: string; msg: string };
  } catch {
    return { level: 'error', msg: line };
  }
}
