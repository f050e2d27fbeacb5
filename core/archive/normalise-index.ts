import { VarveError } from '../src/errors.ts';
import type { Entry, HardlinkEntry, LayerIndex, NodeEntry } from './entry.ts';
import { compareEntries } from './order.ts';
import { PackedIndex } from './packed-index.ts';
import { ancestors, isWithin } from './paths.ts';

/** One file, whatever the number of its names. */
interface Inode {
  readonly node: NodeEntry;
}
interface Named {
  readonly inode: Inode;
  /** Place in the order in which the entries came. */
  readonly turn: number;
}

/**
 * The one index that says what these entries say, in whatever order they come: sorted; of several entries with one path the last one
 * counts; what lies below a path is gone when a later entry makes that path something else than a directory, and the other way round;
 * the first name of a file carries it and its other names are hard links to that. Entries in canonical form come back unchanged.
 *
 * A whiteout beside a node of the same path is about the layers below only (OCI image-spec, layer.md, Whiteouts): beside a directory it
 * means that the directory is opaque, beside anything else nothing. Markers below an opaque directory hide what is hidden already and
 * are left out.
 *
 * @throws VarveError `LAYER_LINK` if a hard link's target is not a file of the same layer
 */
export function normaliseIndex<Index extends LayerIndex>(entries: Index): Index | readonly Entry[] {
  return entries instanceof PackedIndex || isNormal(entries) ? entries : new Normaliser().run(entries);
}

/** Whether entries are what `normaliseIndex` makes of them. */
export function isNormal(entries: LayerIndex): boolean {
  const files = new Set<string>();
  const linked = entries.values().some(({ type }) => type === 'hardlink');
  let previous: Entry | undefined;
  for (const entry of entries) {
    if (previous !== undefined && !mayFollow(previous, entry)) return false;
    if (linked && entry.type === 'file') files.add(entry.path);
    if (entry.type === 'hardlink' && !files.has(entry.target)) return false;
    previous = entry;
  }
  return areMarkersAlone(entries);
}

/** In sorted entries only the one right before can be a file that `entry` lies below. */
function mayFollow(previous: Entry, entry: Entry): boolean {
  if (compareEntries(previous, entry) >= 0) return false;
  if (previous.type === 'directory' || previous.type === 'opaque' || previous.type === 'whiteout') return true;
  return !isWithin(entry.path, previous.path);
}

/** No whiteout has anything beside or below it, and no marker lies below an opaque directory. */
function areMarkersAlone(entries: LayerIndex): boolean {
  const whiteouts = pathsOf(entries, 'whiteout');
  const opaques = pathsOf(entries, 'opaque');
  if (whiteouts.size === 0 && opaques.size === 0) return true;
  return !entries.values().some(({ type, path }) => {
    if (type !== 'whiteout' && whiteouts.has(path)) return true;
    if (whiteouts.size > 0 && ancestors(path).some((dir) => whiteouts.has(dir))) return true;
    return (type === 'whiteout' || type === 'opaque') && isHidden(path, opaques);
  });
}

const pathsOf = (entries: LayerIndex, type: Entry['type']): ReadonlySet<string> =>
  new Set(entries.values().flatMap((entry) => (entry.type === type ? [entry.path] : [])));

/** Whether a directory above `path` is opaque: then what the layers below have at `path` is hidden anyhow. */
const isHidden = (path: string, opaques: ReadonlySet<string>): boolean =>
  opaques.size > 0 && ((path !== '' && opaques.has('')) || ancestors(path).some((dir) => opaques.has(dir)));

class Normaliser {
  readonly #nodes = new Map<string, Named>();
  readonly #opaques = new Set<string>();
  readonly #whiteouts = new Set<string>();
  #turn = 0;

  run(entries: Iterable<Entry>): readonly Entry[] {
    const late = this.#collect(entries);
    const missing = this.#collect(late);
    if (missing.length > 0) throw noTarget(missing[0] as HardlinkEntry); // only hard links are put off
    this.#dropReplaced();
    this.#mergeMarks();
    return this.#links(this.#sorted());
  }

  /** Returns the hard links whose target has not come yet. */
  #collect(entries: Iterable<Entry>): Entry[] {
    const late: Entry[] = [];
    for (const entry of entries) {
      if (entry.type === 'opaque') this.#opaques.add(entry.path);
      else if (entry.type === 'whiteout') this.#whiteouts.add(entry.path);
      else {
        const inode = entry.type === 'hardlink' ? this.#nodes.get(entry.target)?.inode : { node: entry };
        if (inode === undefined) late.push(entry);
        else if (inode.node.type === 'directory' && entry.type === 'hardlink') throw noTarget(entry);
        else this.#nodes.set(entry.path, { inode, turn: this.#turn++ });
      }
    }
    return late;
  }

  #dropReplaced(): void {
    for (const [path, named] of this.#nodes) {
      for (const dir of ancestors(path)) {
        const above = this.#nodes.get(dir);
        if (above === undefined || above.inode.node.type === 'directory') continue;
        if (above.turn < named.turn) this.#nodes.delete(dir);
        else this.#nodes.delete(path);
      }
    }
  }

  #mergeMarks(): void {
    const used = new Set<string>();
    for (const path of [...this.#nodes.keys(), ...this.#opaques]) for (const dir of ancestors(path)) used.add(dir);
    for (const path of this.#whiteouts) {
      const type = this.#nodes.get(path)?.inode.node.type;
      if (type === undefined && !used.has(path) && !this.#opaques.has(path)) continue;
      this.#whiteouts.delete(path);
      if (type === undefined || type === 'directory') this.#opaques.add(path);
    }
    for (const path of this.#opaques) if (this.#isFile(path) || this.#isGone(path)) this.#opaques.delete(path);
    for (const path of this.#whiteouts) if (this.#isGone(path) || isHidden(path, this.#opaques)) this.#whiteouts.delete(path);
    const outer = new Set(this.#opaques);
    for (const path of outer) if (isHidden(path, outer)) this.#opaques.delete(path);
  }

  #isFile(path: string): boolean {
    return (this.#nodes.get(path)?.inode.node.type ?? 'directory') !== 'directory';
  }

  /** Whether this layer leaves no directory that `path` could lie in. */
  #isGone(path: string): boolean {
    return ancestors(path).some((dir) => this.#whiteouts.has(dir) || this.#isFile(dir));
  }

  #sorted(): Entry[] {
    const entries: Entry[] = [];
    for (const [path, { inode }] of this.#nodes) entries.push(inode.node.path === path ? inode.node : { ...inode.node, path });
    for (const path of this.#opaques) entries.push({ type: 'opaque', path });
    for (const path of this.#whiteouts) entries.push({ type: 'whiteout', path });
    return entries.sort(compareEntries);
  }

  #links(entries: Entry[]): readonly Entry[] {
    const first = new Map<Inode, string>();
    return entries.map((entry) => {
      const inode = entry.type === 'file' ? this.#nodes.get(entry.path)?.inode : undefined;
      if (inode === undefined) return entry;
      const target = first.get(inode);
      if (target !== undefined) return { type: 'hardlink', path: entry.path, target };
      first.set(inode, entry.path);
      return entry;
    });
  }
}

const noTarget = ({ path, target }: HardlinkEntry): VarveError =>
  new VarveError('LAYER_LINK', `Hard link "${path}" needs a file "${target}" in the same layer, found none`);
