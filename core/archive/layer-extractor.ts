import { linkSync, symlinkSync } from 'node:fs';
import { VarveError } from '../src/errors.ts';
import { makeNode, setXattr } from '../system/index.ts';
import type { Content, DeviceEntry, Entry, FifoEntry, FileEntry, HardlinkEntry } from './entry.ts';
import type { ExtractOptions } from './extract-options.ts';
import { ExtractedDirectories } from './extracted-directories.ts';
import { FileCrew } from './file-crew.ts';
import { HostAttributes } from './host-attributes.ts';
import { pathOf } from './names.ts';
import { ownFilesIn } from './own-files.ts';
import { joinPath, parentOf } from './paths.ts';
import { emptyDirectory, removeTree } from './remove-tree.ts';
import { replacing } from './replacing.ts';

type HostPath = string | Buffer;

type Created = Exclude<Entry, { type: 'directory' | 'opaque' | 'whiteout' }>;

/** Entries from which on it is worth finding out what files have as they are made. */
const SOME = 30;

export interface ExtractorOptions extends ExtractOptions {
  /** Entries of the layer. */
  readonly count: number;
}

/** Writes one entry after the other, in the order of a normal index. */
export class LayerExtractor implements AsyncDisposable {
  readonly #root: string;
  readonly #options: ExtractOptions;
  readonly #attributes: HostAttributes;
  readonly #directories: ExtractedDirectories;
  readonly #files: FileCrew;
  /** Made when all files are there. */
  readonly #links: HardlinkEntry[] = [];
  readonly #content: (file: FileEntry) => Content;

  constructor(root: string, content: (file: FileEntry) => Content, options: ExtractorOptions) {
    this.#root = root;
    this.#options = options;
    this.#content = content;
    const { count, owners = 'kept' } = options;
    const own = count < SOME ? undefined : ownFilesIn(root);
    this.#attributes = new HostAttributes({ ...options, own });
    this.#directories = new ExtractedDirectories(root, { attributes: this.#attributes, below: options.below });
    this.#files = new FileCrew({ count, attributes: this.#attributes, owners, own });
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
  async finish(): Promise<void> {
    await this.#files.finish();
    for (const { path, target } of this.#links) {
      const host = joinPath(this.#root, path);
      replacing(host, () => linkSync(joinPath(this.#root, target), host));
    }
    this.#directories.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
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
        this.#files.add(host, entry, this.#content(entry));
        break;
      case 'hardlink':
        this.#links.push(entry);
        break;
      case 'symlink':
        replacing(host, () => symlinkSync(pathOf(entry.target), host));
        this.#attributes.applyToNew(host, entry);
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
    if (refusal === undefined) this.#attributes.applyToNew(host, entry);
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

const whiteoutDevice = (path: string): VarveError =>
  new VarveError('LAYER_DEVICE', `"${path}" is a char device 0:0: overlays take it for a removed file`, {
    hint: 'The layer was probably made from an overlay directory as it lies on disk; make it anew',
  });
