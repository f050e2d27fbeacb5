import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Outcome, runVarve } from './run-varve.ts';

export type Files = Readonly<Record<string, string>>;

/** A folder of its own for one test: a store, and whatever lies beside it. */
export class BuildBench implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'varve-build-'));
  readonly root = join(this.folder, 'store');

  /** Writes files into a directory of the folder and returns its path. */
  write(directory: string, files: Files): string {
    const at = join(this.folder, directory);
    mkdirSync(at, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(at, name)), { recursive: true });
      writeFileSync(join(at, name), text);
    }
    return at;
  }

  varve(argv: readonly string[], stdin?: string | Uint8Array): Promise<Outcome> {
    return runVarve(['--root', this.root, ...argv], stdin);
  }

  async inspect(ref: string, format: string): Promise<string> {
    return (await this.varve(['inspect', '-f', format, ref])).stdout.trim();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
