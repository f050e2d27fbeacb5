import type { Entry, LayerIndex } from './entry.ts';
import { normaliseIndex } from './normalise-index.ts';
import { compareEntries } from './order.ts';
import { IndexPacker, type PackedIndex, packIndex } from './packed-index.ts';

/** Some entries of a normal index and some others, put together without an object for each. */
export class KeptEntries {
  readonly #index: PackedIndex;
  readonly #isKept: Uint8Array;
  readonly #others: Entry[] = [];
  #hasLinks = false;

  constructor(index: PackedIndex) {
    this.#index = index;
    this.#isKept = new Uint8Array(index.length);
  }

  addRow(row: number): void {
    this.#isKept[row] = 1;
  }

  /** One that the index does not have. */
  add(entry: Entry): void {
    this.#others.push(entry);
    if (entry.type === 'hardlink') this.#hasLinks = true;
  }

  finish(): PackedIndex {
    // which name of a file carries it is told from all of them
    if (this.#hasLinks) return packIndex(normaliseIndex([...this.#rows(), ...this.#others]) as LayerIndex);
    const packer = new IndexPacker();
    for (const entry of inOrder(this.#rows(), this.#others.sort(compareEntries))) packer.add(entry);
    return packer.finish();
  }

  *#rows(): Generator<Entry, void, undefined> {
    let row = 0;
    for (const entry of this.#index) if (this.#isKept[row++] === 1) yield entry;
  }
}

function* inOrder(entries: Iterable<Entry>, others: readonly Entry[]): Generator<Entry, void, undefined> {
  let next = 0;
  for (const entry of entries) {
    for (let other = others[next]; other !== undefined && compareEntries(other, entry) < 0; other = others[++next]) yield other;
    yield entry;
  }
  yield* others.slice(next);
}
