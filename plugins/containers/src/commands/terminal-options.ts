import type { CommandOption } from '@varve/core';

/** Of commands that this terminal is tied to. */
export const TERMINAL_OPTIONS = {
  'detach-keys': { type: 'string', value: '<keys>', description: 'keys to leave by (default: ctrl-p,ctrl-q)' },
  'sig-proxy': { type: 'boolean', description: 'pass signals on to the process (default: true)' },
} as const satisfies Readonly<Record<string, CommandOption>>;
