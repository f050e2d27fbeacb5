import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type LayerIndex, packIndex } from '@varve/core/archive';
import type { LayerID } from '@varve/core/image';
import { onStore } from './failures.ts';
import { decodeIndex, encodeIndex } from './index-format.ts';
import type { StoreRoot } from './store-root.ts';

/** The indexes of layers, one file each. One that is lost or damaged is made anew from its layer's tar. */
export class IndexFiles {
  readonly #root: StoreRoot;
  /** Indexes that somebody still holds: stages with one base share it. */
  readonly #held = new Map<LayerID, WeakRef<LayerIndex>>();

  constructor(root: StoreRoot) {
    this.#root = root;
  }

  has(id: LayerID): boolean {
    return statSync(this.#root.index(id), { throwIfNoEntry: false }) !== undefined;
  }

  read(id: LayerID): LayerIndex | undefined {
    const held = this.#held.get(id)?.deref();
    if (held !== undefined) return held;
    if (!this.has(id)) return undefined;
    const index = decodeIndex(onStore(this.#root.path, () => readFileSync(this.#root.index(id))));
    if (index !== undefined) this.#held.set(id, new WeakRef(index));
    return index;
  }

  write(id: LayerID, index: LayerIndex): void {
    const packed = packIndex(index);
    this.#root.ensure();
    onStore(this.#root.path, () => {
      const name = this.#root.temporaryName();
      try {
        writeWhole(name, encodeIndex(packed));
        renameSync(name, this.#root.index(id));
      } finally {
        rmSync(name, { force: true });
      }
    });
    this.#held.set(id, new WeakRef(packed));
  }

  remove(id: LayerID): void {
    this.#held.delete(id);
    onStore(this.#root.path, () => rmSync(this.#root.index(id), { force: true }));
  }
}

function writeWhole(name: string, parts: readonly Uint8Array[]): void {
  const fd = openSync(name, 'wx', 0o600);
  try {
    for (const part of parts) writeFileSync(fd, part);
  } finally {
    closeSync(fd);
  }
}
