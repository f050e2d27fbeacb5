import type { Content, FileEntry } from './entry.ts';
import { type ExtractThread, extractThread, type Writing } from './extract-thread.ts';
import { encodeBatch, isPlainFile, type NewFile } from './file-batch.ts';
import { FileWriter } from './file-writer.ts';
import type { HostAttributes } from './host-attributes.ts';
import { replacing } from './replacing.ts';

/** Entries of a layer from which on a second thread is worth its start, which takes as long as five hundred files. */
const MANY = 3000;
/** Files that are handed over at once, about three milliseconds of work. */
const BATCH = 64;
/** So many batches wait for the thread at most: it may not run dry between two looks, nor have much left at the end. */
const BACKLOG = 3;

let layers = 0;

export interface CrewOptions extends Omit<Writing, 'layer'> {
  /** Entries of the layer. */
  readonly count: number;
  readonly attributes: HostAttributes;
}

/** Writes the files of a layer: with a thread beside this one where there are many. */
export class FileCrew implements AsyncDisposable {
  readonly #writer: FileWriter;
  readonly #thread: ExtractThread | undefined;
  readonly #writing: Writing;
  readonly #answers: Promise<void>[] = [];
  readonly #left: NewFile[] = [];
  #batch: NewFile[] = [];

  constructor({ count, attributes, owners, own }: CrewOptions) {
    this.#writer = new FileWriter(attributes);
    this.#thread = count < MANY ? undefined : extractThread();
    this.#writing = { layer: layers++, owners, own };
  }

  /** The file is there after `finish` at the latest. */
  add(path: string | Buffer, entry: FileEntry, content: Content): void {
    if (this.#thread === undefined || !isPlainFile(path, entry, content)) replacing(path, () => this.#writer.create(path, entry, content));
    else if (this.#batch.push({ path, entry, content } as NewFile) === BATCH) this.#handOver(this.#thread); // a plain file is one
  }

  /** What the thread could not write is written here, and says why. */
  async finish(): Promise<void> {
    this.#writer.createAll(this.#batch.splice(0));
    await Promise.all(this.#answers);
    this.#writer.createAll(this.#left);
  }

  /** Nothing is written any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#answers);
    this.#thread?.end(this.#writing.layer);
    this.#writer[Symbol.dispose]();
  }

  #handOver(thread: ExtractThread): void {
    const files = this.#batch.splice(0);
    if (thread.backlog < BACKLOG) this.#answers.push(this.#send(files, thread));
    else this.#writer.createAll(files);
  }

  async #send(files: readonly NewFile[], thread: ExtractThread): Promise<void> {
    if (!(await thread.write(encodeBatch(files), this.#writing))) this.#left.push(...files);
  }
}
