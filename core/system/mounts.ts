import { readFileSync } from 'node:fs';

/** One line of /proc/self/mountinfo (proc(5)). */
export interface MountInfo {
  readonly id: number;
  readonly parent: number;
  /** The part of the file system that is mounted. */
  readonly root: string;
  readonly target: string;
  readonly type: string;
  readonly source: string;
  /** Per mount, as `rw`, `nosuid`. */
  readonly options: readonly string[];
  /** Per file system, as `lowerdir=…`. */
  readonly superOptions: readonly string[];
}

/** What this process sees mounted, in the order of mounting. */
export const mounts = (): readonly MountInfo[] => parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));

/** @internal */
export function parseMounts(text: string): readonly MountInfo[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right] = line.split(' - ', 2);
    if (right === undefined) return [];
    const [id, parent, , root = '', target = '', options = ''] = left.split(' ');
    const [type = '', source = '', superOptions = ''] = right.split(' ');
    return {
      id: Number(id),
      parent: Number(parent),
      root: unescapeField(root),
      target: unescapeField(target),
      type,
      source: unescapeField(source),
      options: options.split(','),
      superOptions: unescapeField(superOptions).split(','),
    };
  });
}

/** Blanks, tabs, line feeds and backslashes are written as three octal digits. */
const unescapeField = (field: string): string =>
  field.includes('\\') ? field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))) : field;
