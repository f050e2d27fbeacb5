import { constants } from 'node:os';
import { VarveError } from '../src/errors.ts';
import { errno, type HostPath } from './libc.ts';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** `ENOENT` and so on; `E<number>` for a number that Node does not know. */
export const errnoName = (number: number): string => NAMES.get(number) ?? `E${number}`;

/** For use right after a failed call. */
export const lastErrno = (): string => errnoName(errno());

/** `SYSTEM_<errno name>`, as in `SYSTEM_EPERM`. */
export function systemError(call: string, path: HostPath | number, name: string): VarveError {
  const subject = typeof path === 'number' ? `file descriptor ${path}` : JSON.stringify(path.toString());
  return new VarveError(`SYSTEM_${name}`, `${call} of ${subject} failed: ${name}`, hintFor(name));
}

const hintFor = (name: string): { hint?: string } =>
  name === 'EPERM' || name === 'EACCES' ? { hint: 'This needs root, or a user namespace' } : {};

/** A path for C: bytes get their closing zero, strings have theirs from koffi. */
export const nativePath = (path: HostPath): HostPath => (typeof path === 'string' ? path : Buffer.concat([path, Buffer.alloc(1)]));
