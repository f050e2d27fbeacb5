import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

/** Directories that are gone when the build ends; those of a process that was killed are swept with the rest of the store's `tmp`. */
export class TemporaryPlaces implements AsyncDisposable {
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

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#made.length === 0) return;
    const { removeTree } = await import('@varve/core/system'); // loaded when first needed
    for (const path of this.#made.splice(0)) await removeTree(path);
  }
}
