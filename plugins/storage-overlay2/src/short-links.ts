import { randomInt } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** mount(2) takes one page of options; with four characters 500 layers, the kernel's limit, fit in. */
const LENGTH = 4;
/** Milliseconds after which a link to nothing belongs to nobody: it becomes valid an instant after it was made. */
const STALE = 60_000;

/** Names of committed snapshots that are short enough for mount options: `l/x7f2` leads to `committed/<chain>/diff`. */
export class ShortLinks {
  readonly #dir: string;

  constructor(driverRoot: string) {
    this.#dir = join(driverRoot, 'l');
  }

  /** Makes a link that will lead to `target` when the snapshot, now in `dir`, is moved there. */
  claim(dir: string, target: string): string {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    for (;;) {
      const name = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
      try {
        symlinkSync(join('..', 'committed', basename(target), 'diff'), join(this.#dir, name));
      } catch (failure) {
        if ((failure as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw failure;
      }
      writeFileSync(join(dir, 'link'), name);
      return name;
    }
  }

  /** The short name of a committed snapshot. */
  of(dir: string): string {
    return readFileSync(join(dir, 'link'), 'utf8');
  }

  /** The directory that a short name leads to. */
  target(name: string): string {
    return join(this.#dir, readlinkSync(join(this.#dir, name)));
  }

  drop(name: string): void {
    rmSync(join(this.#dir, name), { force: true });
  }

  /** Removes links that lead to nothing, or to a snapshot with another name. */
  sweep(): void {
    for (const name of existsSync(this.#dir) ? readdirSync(this.#dir) : []) {
      const link = join(this.#dir, name);
      const file = join(dirname(join(this.#dir, readlinkSync(link))), 'link');
      const isOld = Date.now() - lstatSync(link).mtimeMs > STALE;
      if (isOld && !(existsSync(file) && readFileSync(file, 'utf8') === name)) this.drop(name);
    }
  }
}
