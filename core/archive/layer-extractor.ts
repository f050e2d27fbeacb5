import { linkSync, symlinkSync } from 'node:fs';
import { VarveError } from '../src/errors.ts';
import { makeNode, setXattr } from '../system/index.ts';
import type { Content, DeviceEntry, Entry, FifoEntry, FileEntry } from './entry.ts';
import type { ExtractOptions } from './extract-options.ts';
import { ExtractedDirectories } from './extracted-directories.ts';
import { FileWriter } from './file-writer.ts';
import { HostAttributes } from './host-attributes.ts';
import { pathOf } from './names.ts';
import { joinPath, parentOf } from './paths.ts';
import { emptyDirectory, removeTree } from './remove-tree.ts';

type HostPath = string | Buffer;

type Created = Exclude<Entry, { type: 'directory' | 'opaque' | 'whiteout' }>;

/** Writes one entry after the other, in the order of a normal index. */
export class LayerExtractor implements Disposable {
  readonly #root: string;
  readonly #options: ExtractOptions;
  readonly #attributes: HostAttributes;
  readonly #directories: ExtractedDirectories;
  readonly #files: FileWriter;
  readonly #content: (file: FileEntry) => Content;

  constructor(root: string, content: (file: FileEntry) => Content, options: ExtractOptions) {
    this.#root = root;
    this.#options = options;
    this.#content = content;
    this.#attributes = new HostAttributes(options);
    this.#directories = new ExtractedDirectories(root, { attributes: this.#attributes, below: options.below });
    this.#files = new FileWriter(this.#attributes);
  }

  add(entry: Entry): void {
    const path = joinPath(this.#root, entry.path);
    if (entry.type === 'directory') this.#directories.enter(entry.path, entry);
    else if (entry.type === 'opaque') this.#hide(entry.path, path);
    else if (entry.type === 'whiteout') this.#remove(entry.path, path);
    else {
      this.#directories.enter(parentOf(entry.path));
      this.#create(entry, path);
    }
  }

  /** Directories get their attributes last: what is made in them would change their times. */
  finish(): void {
    this.#directories.finish();
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  #hide(path: string, host: HostPath): void {
    this.#directories.enter(path);
    if (this.#options.whiteouts === 'apply') emptyDirectory(host);
    else setXattr(host, `${this.#options.userxattr ? 'user' : 'trusted'}.overlay.opaque`, YES);
  }

  /**
   * In an overlay a whiteout does harm where the layers below have no directory for it: in a directory that no other layer has, whiteouts
   * are listed like files, which then cannot be found.
   */
  #remove(path: string, host: HostPath): void {
    const { whiteouts, below } = this.#options;
    const dir = parentOf(path);
    this.#directories.enter(dir);
    if (whiteouts === 'apply') removeTree(host);
    else if (below === undefined || below(dir) !== undefined) replacing(host, () => makeNode(host, { type: 'char', mode: 0 }));
  }

  #create(entry: Created, host: HostPath): void {
    switch (entry.type) {
      case 'file':
        replacing(host, () => this.#files.create(host, entry, this.#content(entry)));
        break;
      case 'hardlink':
        replacing(host, () => linkSync(joinPath(this.#root, entry.target), host));
        break;
      case 'symlink':
        replacing(host, () => symlinkSync(pathOf(entry.target), host));
        this.#attributes.apply(host, entry);
        break;
      case 'char':
      case 'block':
      case 'fifo':
        this.#special(entry, host);
        break;
      default:
        entry satisfies never;
    }
  }

  #special(entry: DeviceEntry | FifoEntry, host: HostPath): void {
    if (entry.type === 'char' && entry.major === 0 && entry.minor === 0) throw whiteoutDevice(entry.path);
    const refusal = entry.type !== 'fifo' && !this.#attributes.keepsOwners ? 'Devices need root' : makeDevice(entry, host);
    if (refusal === undefined) this.#attributes.apply(host, entry);
    else this.#attributes.skip(entry, refusal);
  }
}

/** Returns why it may not be made. */
function makeDevice(entry: DeviceEntry | FifoEntry, host: HostPath): string | undefined {
  try {
    replacing(host, () => makeNode(host, { ...entry, mode: 0o600 }));
    return undefined;
  } catch (error) {
    if (VarveError.is(error) && error.code === 'SYSTEM_EPERM') return 'Devices cannot be made in a user namespace';
    throw error;
  }
}

const YES = Buffer.from('y');

/** Makes something where nothing may be; what is there is removed, and never followed. */
function replacing(host: HostPath, make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!isThere(error)) throw error;
    removeTree(host);
    make();
  }
}

const isThere = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && (error.code === 'EEXIST' || error.code === 'SYSTEM_EEXIST');

const whiteoutDevice = (path: string): VarveError =>
  new VarveError('LAYER_DEVICE', `"${path}" is a char device 0:0: overlays take it for a removed file`, {
    hint: 'The layer was probably made from an overlay directory as it lies on disk; make it anew',
  });
