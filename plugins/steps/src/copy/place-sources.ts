import type { Content, FileTree, NodeEntry, PatternMatcher, Timestamp } from '@varve/core/archive';
import { childPath, parentOf } from '@varve/core/archive';
import type { Attributing } from './attributes.ts';
import type { DestPath } from './dest-path.ts';
import type { Destination } from './destination.ts';
import { joinEntry } from './join-entry.ts';
import type { Picked } from './pick-sources.ts';
import type { Listed, Node } from './placed-files.ts';
import { walkPicked } from './walk-picked.ts';

export interface Placing {
  readonly tree: FileTree;
  readonly dest: DestPath;
  readonly attributes: Attributing;
  readonly exclude: PatternMatcher | undefined;
}

/** A file that no tree has. */
export interface MadeFile {
  readonly mode: number;
  readonly size: number;
  readonly mtime: Timestamp;
  readonly content: Content;
}

/** Copies sources into a destination as other builders do, one after the other: a later one sees what an earlier one put there. */
export class Placer {
  readonly #into: Destination;
  readonly #placing: Placing;
  /** Files with several names, by identity. */
  readonly #linked = new Map<string, Node>();

  constructor(into: Destination, placing: Placing) {
    this.#into = into;
    this.#placing = placing;
  }

  place(picked: Picked): void {
    if (picked.kept !== undefined) this.#placeKept(picked, picked.kept);
    else if (picked.entry.type === 'directory') this.#placeContents(picked, this.#target());
    else this.#placePicked(picked);
  }

  /** A file that is written in the build file itself. */
  placeText(name: string, text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    const { mtime } = this.#placing.attributes.made;
    this.placeFile(() => name, { mode: 0o644, size: bytes.length, mtime, content: { kind: 'bytes', bytes } });
  }

  /** A file that is in no tree; its name is asked for only where the destination is a directory. */
  placeFile(nameOf: () => string, { content, ...file }: MadeFile): void {
    const { made, change } = this.#placing.attributes;
    const target = this.#target();
    const path = target === '' || this.#into.get(target)?.type === 'directory' ? childPath(target, nameOf()) : target;
    this.#into.putFile(path, { entry: change({ type: 'file', path, ...made, ...file }), content: () => content });
  }

  /** The destination as a directory, whatever way it was written: what is extracted goes there. */
  makeDirectory(): string {
    const target = this.#into.resolve(this.#placing.dest.path);
    this.#into.makeDirectories(target);
    return target;
  }

  /** The destination without symlinks; what is missing above it is made, and it itself where it was written as a directory. */
  #target(): string {
    const { path, isDirectory } = this.#placing.dest;
    this.#makeWay(this.#into.resolve(isDirectory ? path : parentOf(path)));
    const target = this.#into.resolve(path);
    if (target !== '' && !isDirectory) this.#makeWay(parentOf(target));
    return target;
  }

  #makeWay(path: string): void {
    this.#into.makeDirectories(path, this.#placing.attributes.madeMode);
  }

  #placePicked(picked: Picked): void {
    const target = this.#target();
    const isInside = target === '' || this.#into.get(target)?.type === 'directory';
    const root = isInside ? childPath(target, picked.name) : target;
    for (const { entry } of walkPicked(this.#placing.tree, picked, this.#placing.exclude)) this.#put(root, entry);
  }

  /** What is in a directory goes into the destination, which keeps its own attributes. */
  #placeContents(picked: Picked, target: string): void {
    if (this.#into.get(target) === undefined) this.#makeWay(target);
    for (const { path, entry, listed } of walkPicked(this.#placing.tree, picked, this.#placing.exclude)) {
      if (path !== '') this.#put(childPath(target, path), entry, listed);
      else if (target !== '' && this.#into.get(target)?.type !== 'directory')
        this.#into.putDirectory({ ...entry, type: 'directory', path: target });
    }
  }

  #placeKept(picked: Picked, { path: kept, parents }: NonNullable<Picked['kept']>): void {
    const root = this.#into.resolve(this.#placing.dest.path);
    this.#makeWay(root);
    for (const found of walkPicked(this.#placing.tree, picked, this.#placing.exclude)) {
      this.#placeParents(childPath(root, kept), parents);
      if (kept !== '' || found.path !== '') this.#put(joinEntry(root, kept, found.path), found.entry, found.listed);
    }
  }

  /** Directories on a kept path are those of the source, where the destination has none yet. */
  #placeParents(path: string, parents: readonly NodeEntry[]): void {
    const missing: { readonly target: string; readonly entry: NodeEntry }[] = [];
    let target = parentOf(path);
    for (const entry of parents.toReversed()) {
      if (this.#into.get(target) !== undefined) break;
      missing.unshift({ target, entry });
      target = parentOf(target);
    }
    this.#into.makeDirectories(target);
    for (const { target, entry } of missing) this.#put(target, entry);
  }

  #put(path: string, source: NodeEntry, listed?: Listed): void {
    const entry = this.#placing.attributes.change(source, path);
    if (entry.type === 'directory') this.#into.putDirectory(entry);
    else this.#into.putFile(path, this.#node(source, entry, listed));
  }

  #node(source: NodeEntry, entry: NodeEntry, listed: Listed | undefined): Node {
    const { tree } = this.#placing;
    if (source.type !== 'file') return { entry };
    const identity = tree.identity(source);
    const { path, size } = source;
    if (identity === undefined) return { entry, from: { tree, path, listed } };
    const content = (): Content => tree.content({ ...entry, type: 'file', path, size });
    const node = this.#linked.get(identity) ?? { entry, content };
    this.#linked.set(identity, node);
    return node;
  }
}
