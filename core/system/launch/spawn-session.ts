import { constants } from 'node:fs';
import { errnoName } from '../system-error.ts';
import { plainCall } from './calls.ts';

/** spawn.h of glibc and musl. */
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
/** More than `posix_spawnattr_t` and `posix_spawn_file_actions_t` take anywhere. */
const OPAQUE = 1024;
const SIGNAL_SET = 128;

export interface SessionProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** Path of the terminal. */
  readonly terminal: string;
}

/**
 * Starts a program as the leader of a new session whose terminal is its standard streams, which Node's `spawn` has no way to say: a
 * leader gets the terminal that it opens first, and posix_spawn(3) opens files after it has made the session. Nobody waits for the
 * program: see `Reaper`.
 */
export function spawnSession({ program, args, env, terminal }: SessionProgram): { readonly pid: number } | { readonly code: string } {
  const actions = Buffer.alloc(OPAQUE);
  const attributes = Buffer.alloc(OPAQUE);
  plainCall('posix_spawn_file_actions_init', actions);
  plainCall('posix_spawnattr_init', attributes);
  try {
    plainCall('posix_spawn_file_actions_addopen', actions, 0, terminal, constants.O_RDWR, 0);
    for (const fd of [1, 2]) plainCall('posix_spawn_file_actions_adddup2', actions, 0, fd);
    plainCall('posix_spawnattr_setflags', attributes, SETSID | SETSIGMASK | SETSIGDEF);
    plainCall('posix_spawnattr_setsigmask', attributes, Buffer.alloc(SIGNAL_SET));
    plainCall('posix_spawnattr_setsigdefault', attributes, Buffer.alloc(SIGNAL_SET, 0xff));
    const pid = [0];
    const failed = plainCall('posix_spawn', pid, program, actions, attributes, [...args, null], [...env, null]);
    return failed === 0 ? { pid: pid[0] ?? 0 } : { code: errnoName(failed) };
  } finally {
    plainCall('posix_spawn_file_actions_destroy', actions);
    plainCall('posix_spawnattr_destroy', attributes);
  }
}
