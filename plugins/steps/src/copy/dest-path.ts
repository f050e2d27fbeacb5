import { cleanPath } from '@varve/core/archive';

export interface DestPath {
  /** As an entry path: relative to the root. */
  readonly path: string;
  /** It was written as a directory: with a slash at its end, or as a form of "here". */
  readonly isDirectory: boolean;
}

/** Where a path that the user wrote as a destination lies. */
export function destPath(dest: string, workingDir: string | undefined): DestPath {
  const absolute = dest.startsWith('/') ? dest : `${workingDir || '/'}/${dest}`;
  return { path: cleanPath(absolute), isDirectory: /(?:^|\/)\.?$/.test(dest) };
}

/** As users see it: absolute, with the slash that makes it a directory. */
export const formatDest = ({ path, isDirectory }: DestPath): string => `/${path}${isDirectory && path !== '' ? '/' : ''}`;
