/**
 * How a build is told: `tty` redraws a window of what is running, `plain` writes a line for each thing, `rawjson` writes the events as
 * NDJSON, `quiet` writes nothing unless a step fails, `auto` is `tty` on a terminal that can redraw and `plain` elsewhere.
 */
export const PROGRESS_MODES = ['auto', 'plain', 'tty', 'rawjson', 'quiet'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

export const isProgressMode = (value: unknown): value is ProgressMode => PROGRESS_MODES.includes(value as ProgressMode);

/** What a stream to a terminal has and others have not. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** `tty` needs cursor movements: a dumb terminal and one narrower than a step's title get plain lines, also when `tty` is asked for. */
export function settleMode(asked: ProgressMode, terminal: Terminal, env: NodeJS.ProcessEnv): Exclude<ProgressMode, 'auto'> {
  if (asked !== 'auto' && asked !== 'tty') return asked;
  if (asked === 'auto' && terminal.isTTY !== true) return 'plain';
  return env.TERM === 'dumb' || (terminal.columns || 80) < MIN_COLUMNS ? 'plain' : 'tty';
}
const MIN_COLUMNS = 30;
