import { closeSync, constants, fstatSync, lchownSync, openSync, writeFileSync } from 'node:fs';
import type { TerminalSize } from '../container/request.ts';
import { splitDevice } from '../make-node.ts';
import { mount } from '../mount.ts';
import { call } from './calls.ts';
import type { LaunchTerminal, LaunchUser } from './plan.ts';

/** ioctl_tty(2). */
const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTN = 0x80045430;
const TIOCSWINSZ = 0x5414;

/** Both ends of a new pseudo-terminal (pty(7)). */
export interface OpenTerminal {
  /** What is written to it was typed; what is read from it is to be shown. */
  readonly master: number;
  /** Inside the root. */
  readonly path: string;
}

/** Makes a terminal in the devpts of a container, before its root is entered. */
export function openTerminal({ size, devpts, console, raw }: LaunchTerminal, user: LaunchUser): OpenTerminal {
  const master = openSync(`${devpts.outside}/ptmx`, constants.O_RDWR | constants.O_NOCTTY | constants.O_NOFOLLOW);
  try {
    if (!isMaster(master)) throw new Error(`${devpts.inside}/ptmx is not one`);
    const number = Buffer.alloc(4);
    call('ioctl', master, TIOCSPTLCK, number); // it holds a zero: unlock
    call('ioctl', master, TIOCGPTN, number);
    const name = String(number.readUInt32LE());
    lchownSync(`${devpts.outside}/${name}`, user.uid, -1);
    resizeTerminal(master, size);
    if (raw === true) makeRaw(master);
    if (console !== undefined) showConsole(console, `${devpts.outside}/${name}`);
    return { master, path: `${devpts.inside}/${name}` };
  } catch (failure) {
    closeSync(master);
    throw failure;
  }
}

/** The container may have put anything in its place. */
function isMaster(fd: number): boolean {
  const stats = fstatSync(fd);
  const { major, minor } = splitDevice(BigInt(stats.rdev));
  return stats.isCharacterDevice() && major === 5 && minor === 2;
}

function showConsole(path: string, slave: string): void {
  writeFileSync(path, '', { flag: 'a' });
  mount({ source: slave, target: path, type: 'bind' });
}

/** As cfmakeraw(3): the first four words of `struct termios` are the flags of input, output, control and the rest. */
function makeRaw(master: number): void {
  const settings = Buffer.alloc(64);
  call('ioctl', master, TCGETS, settings);
  const flags = new Uint32Array(settings.buffer, settings.byteOffset, 4);
  for (const [index, cleared] of [0o2753, 0o1, 0o460, 0o100113].entries()) flags[index] = (flags[index] ?? 0) & ~cleared;
  flags[2] = (flags[2] ?? 0) | 0o60; // eight bits
  call('ioctl', master, TCSETS, settings);
}

/**
 * Changes the size of a container's terminal, by a path that shows it. The container may have put anything there, so nothing is followed,
 * waited for or changed that is no terminal of a devpts.
 */
export function resizeConsole(path: string, size: TerminalSize): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { major } = splitDevice(BigInt(fstatSync(fd).rdev));
    if (major >= 136 && major <= 143) resizeTerminal(fd, size); // Unix98 slaves (linux, devices.txt)
  } finally {
    closeSync(fd);
  }
}

export function resizeTerminal(master: number, { columns, rows }: TerminalSize): void {
  call('ioctl', master, TIOCSWINSZ, Buffer.from(Uint16Array.from([rows, columns, 0, 0]).buffer));
}
