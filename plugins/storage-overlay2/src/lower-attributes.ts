import { lstatSync } from 'node:fs';
import type { Attributes, Timestamp } from '@varve/core/archive';
import { joinPath, parentOf } from '@varve/core/archive';
import { getXattr, listXattrs } from '@varve/core/system';

/**
 * Attributes of directories in a stack of lower directories, topmost first, as an overlay would show them. Goes down component by
 * component, so that no symlink of a layer is followed.
 */
export class LowerAttributes {
  /** Which layers' directories are merged at a path. */
  readonly #merged = new Map<string, readonly string[]>();

  readonly #lowers: () => readonly string[];

  /** @param lowers asked when somebody wants to know something: of a hundred layers that takes a while */
  constructor(lowers: () => readonly string[]) {
    this.#lowers = lowers;
  }

  /** `undefined` where there is no directory. */
  get(path: string): Attributes | undefined {
    const top = this.#at(path)[0];
    return top === undefined ? undefined : readAttributes(joinPath(top, path));
  }

  #at(path: string): readonly string[] {
    const known = this.#merged.get(path);
    if (known !== undefined) return known;
    if (path === '') return this.#keep(path, this.#lowers());
    const found: string[] = [];
    for (const layer of this.#at(parentOf(path))) {
      const host = joinPath(layer, path);
      const status = lstatSync(host, { throwIfNoEntry: false });
      if (status === undefined) continue;
      if (!status.isDirectory()) break;
      found.push(layer);
      if (getXattr(host, 'trusted.overlay.opaque')?.toString() === 'y') break;
    }
    return this.#keep(path, found);
  }

  #keep(path: string, layers: readonly string[]): readonly string[] {
    this.#merged.set(path, layers);
    return layers;
  }
}

function readAttributes(host: string | Buffer): Attributes {
  const { mode, uid, gid, mtimeNs } = lstatSync(host, { bigint: true });
  const names = listXattrs(host).filter((name) => !/^(?:trusted\.overlay|security)\./.test(name)); // security labels are this host's
  const xattrs = names.map((name) => [name, getXattr(host, name)?.toString('latin1') ?? ''] as const);
  return {
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    mtime: timeOf(mtimeNs),
    ...(xattrs.length > 0 && { xattrs: Object.fromEntries(xattrs) }),
  };
}

const SECOND = 1_000_000_000n;
function timeOf(ns: bigint): Timestamp {
  const nanoseconds = Number(((ns % SECOND) + SECOND) % SECOND);
  return { seconds: Number((ns - BigInt(nanoseconds)) / SECOND), nanoseconds };
}
