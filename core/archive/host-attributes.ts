import { chmodSync, lchownSync } from 'node:fs';
import { VarveError } from '../src/errors.ts';
import { setMtime } from '../system/file-times.ts';
import { listXattrs, removeXattr, setXattr } from '../system/xattrs.ts';
import type { Attributes, NodeEntry } from './entry.ts';
import type { ExtractOptions } from './extract-options.ts';
import { isLayerXattr } from './layer-xattrs.ts';
import type { OwnFiles } from './own-files.ts';

type HostPath = string | Buffer;

export interface AttributesOptions extends Pick<ExtractOptions, 'owners' | 'onSkip'> {
  /** What everything has that is made. */
  readonly own?: OwnFiles | undefined;
}

/** Gives files of this host the attributes of entries, in the only order that works: owner, mode (which chown changes), xattrs (which
 * chown takes away), times. */
export class HostAttributes {
  readonly keepsOwners: boolean;
  readonly #own: OwnFiles | undefined;
  readonly #onSkip: ExtractOptions['onSkip'];

  constructor({ owners = 'kept', onSkip, own }: AttributesOptions) {
    this.keepsOwners = owners === 'kept';
    this.#own = own;
    this.#onSkip = onSkip;
  }

  /** What a file has as soon as it is made: its owner, and the mode it is made with. */
  given({ uid, gid, mode }: Attributes): { readonly isOwn: boolean; readonly isMode: boolean } {
    const own = this.#own;
    const isOwn = !this.keepsOwners || (own !== undefined && uid === own.uid && gid === own.gid);
    return { isOwn, isMode: isOwn && own !== undefined && (mode & (0o7000 | own.umask)) === 0 };
  }

  /** For what was made right before. */
  applyToNew(path: HostPath, entry: NodeEntry): void {
    this.#apply(path, entry, !this.given(entry).isOwn);
  }

  apply(path: HostPath, entry: NodeEntry): void {
    this.#apply(path, entry, this.keepsOwners);
  }

  #apply(path: HostPath, entry: NodeEntry, isOthers: boolean): void {
    if (isOthers) lchownSync(path, entry.uid, entry.gid);
    if (entry.type !== 'symlink') chmodSync(path, entry.mode);
    if (entry.xattrs !== undefined) this.setXattrs(path, entry);
    this.setTime(path, entry);
  }

  setTime(path: HostPath, { mtime }: Pick<Attributes, 'mtime'>): void {
    setMtime(path, mtime.seconds, mtime.nanoseconds);
  }

  setXattrs(path: HostPath, entry: NodeEntry): void {
    for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
      // Never overlay's own, whatever an archive says: they would show files from elsewhere.
      if (isLayerXattr(name)) this.#setXattr(path, { name, value, entry });
    }
  }

  /** Takes away what a directory had and the entry does not. */
  removeOtherXattrs(path: HostPath, { xattrs = {} }: NodeEntry): void {
    for (const name of listXattrs(path)) if (isLayerXattr(name) && !(name in xattrs)) removeXattr(path, name);
  }

  skip(entry: NodeEntry, reason: string): void {
    this.#onSkip?.(entry, reason);
  }

  #setXattr(path: HostPath, { name, value, entry }: { name: string; value: string; entry: NodeEntry }): void {
    try {
      setXattr(path, name, Buffer.from(value, 'latin1'));
    } catch (error) {
      if (!VarveError.is(error) || !UNSUPPORTED.has(error.code)) throw error;
      this.skip(entry, `The file system or the user's rights do not allow the xattr ${name}`);
    }
  }
}

const UNSUPPORTED: ReadonlySet<string> = new Set(['SYSTEM_ENOTSUP', 'SYSTEM_EOPNOTSUPP', 'SYSTEM_EPERM']);
