import type { Abortable } from './layer.ts';

/** Keeps the first answer; a failure is forgotten, so that it can be asked again. */
export function once<T>(make: (options?: Abortable) => Promise<T>): (options?: Abortable) => Promise<T> {
  let made: Promise<T> | undefined;
  return (options) => {
    made ??= make(options).catch((failure: unknown) => {
      made = undefined;
      throw failure;
    });
    return made;
  };
}
