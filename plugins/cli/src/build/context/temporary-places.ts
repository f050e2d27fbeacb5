import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Directories that are gone when the build ends; those of a process that was killed are swept with the rest of the store's `tmp`. */
export class TemporaryPlaces implements Disposable {
  readonly #folder: string;
  readonly #made: string[] = [];

  constructor(root: string) {
    this.#folder = join(root, 'tmp');
  }

  make(): string {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = mkdtempSync(join(this.#folder, 'context-'));
    this.#made.push(path);
    return path;
  }

  [Symbol.dispose](): void {
    for (const path of this.#made.splice(0)) rmSync(path, { recursive: true, force: true });
  }
}
