import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildEvent } from '@varve/core';
import { keyOf, type StepOf } from './step-of.ts';

/**
 * The whole output of each step, byte for byte, in `<root>/logs/<build>/<stage>-<step>.log`, with the platform in front where several are
 * built. Written synchronously: that is a copy into the page cache, keeps memory flat whatever a step prints, and is whole when the process is killed. A log that cannot be written is
 * given up without a word: it must not fail the build, and the output was shown.
 */
export class StepLogs {
  readonly #parent: string;
  readonly #dir: string;
  readonly #keep: number;
  readonly #open = new Map<string, number>();
  readonly #written = new Set<string>();
  #broken = false;

  constructor(root: string, build: string, keep: number) {
    this.#parent = join(root, 'logs');
    this.#dir = join(this.#parent, safeName(build));
    this.#keep = keep;
  }

  /** Where the output of a step is kept; `undefined` while there is none. */
  pathOf(place: StepOf): string | undefined {
    return this.#written.has(keyOf(place)) && !this.#broken ? this.#path(place) : undefined;
  }

  report(event: BuildEvent): void {
    if (event.type === 'step-output') this.#append(event, event.chunk);
    else if (event.type === 'step-finished' || event.type === 'step-failed') this.#close(keyOf(event));
    else if (event.type === 'build-finished' || event.type === 'build-failed') this.#closeAll();
  }

  #path(place: StepOf): string {
    const { platform, stage, index } = place;
    const name = platform === undefined ? stage : `${platform}-${stage}`;
    return join(this.#dir, `${safeName(name)}-${index}.log`);
  }

  #append(place: StepOf, chunk: Uint8Array): void {
    if (this.#broken) return;
    try {
      writeAll(this.#fileOf(place), chunk);
    } catch {
      this.#broken = true;
      this.#closeAll();
    }
  }

  #fileOf(place: StepOf): number {
    const key = keyOf(place);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    if (this.#written.size === 0) this.#begin();
    const file = openSync(this.#path(place), 'a', 0o600);
    this.#open.set(key, file);
    this.#written.add(key);
    return file;
  }

  #begin(): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const ageOf = (name: string) => statSync(join(this.#parent, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const byAge = readdirSync(this.#parent).sort((a, b) => ageOf(b) - ageOf(a));
    for (const name of byAge.slice(this.#keep)) rmSync(join(this.#parent, name), { recursive: true, force: true });
  }

  #close(key: string): void {
    const file = this.#open.get(key);
    if (file === undefined) return;
    this.#open.delete(key);
    closeSync(file);
  }

  #closeAll(): void {
    for (const key of [...this.#open.keys()]) this.#close(key);
  }
}

const safeName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 100) || '_';

function writeAll(file: number, chunk: Uint8Array): void {
  let written = 0;
  while (written < chunk.length) written += writeSync(file, chunk, written);
}
