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

export interface NewProgram {
  readonly program: string;
  /** With its own name in front. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** Open files of this process that become its files 0, 1, 2 …, or the path of a terminal that becomes the first three. */
  readonly files: readonly number[] | string;
}

/**
 * Starts a program as the leader of a new session. Node's `spawn` copies the page tables of a process of a hundred megabytes, and lets it
 * fault on each page afterwards: milliseconds. posix_spawn(3) borrows its memory until the program is executed; and it opens a terminal after
 * it has made the session, which then is the leader's. Nobody waits for the program: see `reap`.
 */
export function spawnProgram({ program, args, env, files }: NewProgram): { readonly pid: number } | { readonly code: string } {
  const actions = Buffer.alloc(OPAQUE);
  const attributes = Buffer.alloc(OPAQUE);
  plainCall('posix_spawn_file_actions_init', actions);
  plainCall('posix_spawnattr_init', attributes);
  try {
    if (typeof files === 'string') {
      plainCall('posix_spawn_file_actions_addopen', actions, 0, files, constants.O_RDWR, 0);
      for (const fd of [1, 2]) plainCall('posix_spawn_file_actions_adddup2', actions, 0, fd);
    } else for (const [number, fd] of files.entries()) plainCall('posix_spawn_file_actions_adddup2', actions, fd, number);
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
