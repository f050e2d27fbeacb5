import {
  type BigIntStats,
  chmodSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { getXattr, listXattrs, makeNode, setMtime, setXattr, splitDevice } from '@varve/core/system';
import { copySparse } from './copy-sparse.ts';

/** Files between two turns of the event loop: calls on a tree are synchronous, since a promise for each costs several times as much. */
const BATCH = 200;

/**
 * Copies what is in a directory, and its own attributes, into a directory that is there and empty: hard links, owners, modes, xattrs,
 * devices, holes, times to the nanosecond. Names are bytes. Blocks are shared where the file system can. Without root, owners and what
 * only root may make are left out.
 */
export async function copyTree(from: string, to: string, { signal }: Abortable = {}): Promise<void> {
  let count = 0;
  signal?.throwIfAborted();
  for (const _ of new TreeCopy().copyDirectory(Buffer.from(from), Buffer.from(to))) {
    if (++count % BATCH !== 0) continue;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

interface Copy {
  readonly source: Buffer;
  readonly target: Buffer;
  readonly status: BigIntStats;
}
/** One after the other, with a chance to pause in between. */
type Steps<T = void> = Generator<void, T, undefined>;

class TreeCopy {
  readonly #uid = BigInt(process.getuid?.() ?? 0);
  readonly #gid = BigInt(process.getgid?.() ?? 0);
  /** First copy of each file that has several names, by inode. */
  readonly #links = new Map<string, Buffer>();

  /** Attributes come last: what is written into a directory changes its time, and its mode may forbid writing. */
  *copyDirectory(source: Buffer, target: Buffer): Steps {
    const status = lstatSync(source, { bigint: true });
    yield* this.#opened({ path: source, mode: status.mode, needs: 0o500 }, () => this.#copyContent(source, target));
    this.#copyAttributes({ source, target, status });
  }

  *#copyContent(source: Buffer, target: Buffer): Steps {
    for (const name of readdirSync(source, 'buffer')) {
      const from = inside(source, name);
      const child: Copy = { source: from, target: inside(target, name), status: lstatSync(from, { bigint: true }) };
      if (child.status.isDirectory()) {
        mkdirSync(child.target, { mode: 0o700 });
        yield* this.copyDirectory(child.source, child.target);
      } else yield* this.#copyNode(child);
      yield;
    }
  }

  *#copyNode(copy: Copy): Steps {
    const { status, target } = copy;
    const inode = status.nlink > 1n ? `${status.dev}:${status.ino}` : undefined;
    const first = inode === undefined ? undefined : this.#links.get(inode);
    if (first !== undefined) return linkSync(first, target);
    if (!(yield* this.#make(copy))) return;
    if (inode !== undefined) this.#links.set(inode, target);
    this.#copyAttributes(copy);
  }

  /** `false`: not without root, or not at all. */
  *#make({ source, target, status }: Copy): Steps<boolean> {
    if (status.isFile()) yield* this.#copyFile({ source, target, status });
    else if (status.isSymbolicLink()) symlinkSync(readlinkSync(source, 'buffer'), target);
    else if (status.isFIFO()) makeNode(target, { type: 'fifo', mode: 0o600 });
    else if (this.#isRoot && (status.isCharacterDevice() || status.isBlockDevice()))
      makeNode(target, { type: status.isBlockDevice() ? 'block' : 'char', mode: 0o600, ...splitDevice(status.rdev) });
    else return false;
    return true;
  }

  *#copyFile({ source, target, status }: Copy): Steps {
    const hasHoles = status.blocks * 512n < status.size && status.size > 4096n;
    yield* this.#opened({ path: source, mode: status.mode, needs: 0o400 }, function* () {
      if (hasHoles) yield* copySparse(source, target, Number(status.size));
      else copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    });
  }

  /** Only root may read what forbids it to its owner (`/etc/shadow` of some distributions has mode 0): others permit it for the moment. */
  *#opened({ path, mode, needs }: { readonly path: Buffer; readonly mode: bigint; readonly needs: number }, work: () => Steps): Steps {
    const before = Number(mode) & 0o7777;
    if (this.#isRoot || (before & needs) === needs) return yield* work();
    chmodSync(path, before | needs);
    try {
      yield* work();
    } finally {
      chmodSync(path, before);
    }
  }

  /** The order matters: a change of owner clears setuid bits and capabilities, and everything else may change times. */
  #copyAttributes({ source, target, status }: Copy): void {
    if (this.#isRoot && (status.uid !== this.#uid || status.gid !== this.#gid)) lchownSync(target, Number(status.uid), Number(status.gid));
    if (!status.isSymbolicLink()) chmodSync(target, Number(status.mode & 0o7777n));
    for (const name of listXattrs(source)) this.#copyXattr({ source, target, name });
    const nanoseconds = ((status.mtimeNs % SECOND) + SECOND) % SECOND;
    setMtime(target, Number((status.mtimeNs - nanoseconds) / SECOND), Number(nanoseconds));
  }

  #copyXattr({ source, target, name }: { readonly source: Buffer; readonly target: Buffer; readonly name: string }): void {
    const value = getXattr(source, name);
    try {
      if (value !== undefined) setXattr(target, name, value);
    } catch (failure) {
      if (this.#isRoot || !VarveError.is(failure) || failure.code !== 'SYSTEM_EPERM') throw failure;
    }
  }

  get #isRoot(): boolean {
    return this.#uid === 0n;
  }
}

const SECOND = 1_000_000_000n;
const SLASH = Buffer.from('/');
const inside = (dir: Buffer, name: Buffer): Buffer => Buffer.concat([dir, SLASH, name]);
