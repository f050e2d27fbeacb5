import { closeSync } from 'node:fs';
import { VarveError } from '../src/errors.ts';
import { libc } from './libc.ts';
import { lastErrno, systemError } from './system-error.ts';

// New system calls have the same number on every architecture.
const MOVE_MOUNT = 429;
const FSOPEN = 430;
const FSCONFIG = 431;
const FSMOUNT = 432;
const CLOEXEC = 1;
const SET_FLAG = 0;
const SET_STRING = 1;
const CREATE = 6;
const AT_FDCWD = -100;
const EMPTY_PATH = 4;

/**
 * Mounts an overlay whose options are longer than mount(2) takes: the new mount calls take one layer at a time (`lowerdir+`, Linux 6.8).
 * Each path must be shorter than 256 bytes.
 *
 * @throws VarveError `MOUNT_OPTIONS` where Linux is too old for that, `SYSTEM_…`
 */
export function mountOverlay(target: string, data: string): void {
  const context = libc().fsopen(FSOPEN, 'overlay', CLOEXEC);
  if (context < 0) throw failure(target, 'fsopen');
  try {
    for (const option of splitOverlayOptions(data)) configure(target, context, option);
    if (libc().fsconfig(FSCONFIG, context, CREATE, null, null, 0) < 0) throw failure(target, 'fsconfig (create)');
    attach(target, context);
  } finally {
    closeSync(context);
  }
}

function configure(target: string, context: number, { key, value }: OverlayOption): void {
  const command = value === undefined ? SET_FLAG : SET_STRING;
  if (libc().fsconfig(FSCONFIG, context, command, key, value ?? null, 0) >= 0) return;
  throw failure(target, `fsconfig (${key})`);
}

function attach(target: string, context: number): void {
  const mounted = libc().fsmount(FSMOUNT, context, CLOEXEC, 0);
  if (mounted < 0) throw failure(target, 'fsmount');
  try {
    const result = libc().move_mount(MOVE_MOUNT, mounted, '', AT_FDCWD, target, EMPTY_PATH);
    if (result < 0) throw failure(target, 'move_mount');
  } finally {
    closeSync(mounted);
  }
}

export interface OverlayOption {
  readonly key: string;
  readonly value?: string;
}

/** The options of mount(2) in the words of fsconfig(2): one `lowerdir+` for each lower directory, topmost first. */
export function splitOverlayOptions(data: string): readonly OverlayOption[] {
  return splitUnescaped(data, ',').flatMap((option) => {
    const at = option.indexOf('=');
    if (at < 0) return option === '' ? [] : { key: option };
    const key = option.slice(0, at);
    const value = option.slice(at + 1);
    if (key !== 'lowerdir') return { key, value: plain(value) };
    return splitUnescaped(value, ':').map((dir) => ({ key: 'lowerdir+', value: plain(dir) }));
  });
}

/** Overlay takes `\:` and `\,` for the characters themselves. */
const splitUnescaped = (text: string, separator: string): string[] => text.split(new RegExp(`(?<!\\\\)${separator}`));

const plain = (text: string): string => text.replace(/\\(.)/g, '$1');

function failure(target: string, call: string): VarveError {
  const reason = lastErrno();
  if (reason !== 'ENOSYS' && reason !== 'EINVAL') return systemError(call, target, reason);
  return new VarveError('MOUNT_OPTIONS', `An overlay of that many layers cannot be mounted here: ${call} answers ${reason}`, {
    hint: 'Linux 6.8 or newer takes any number; or squash the layers',
  });
}
