import { type ImageRecord, type ImageStore, VarveError } from '@varve/core';
import {
  type Abortable,
  type DiffID,
  type Digest,
  familiarName,
  type Image,
  type ImageIndex,
  imageFor,
  imageForHost,
  type Platform,
  parseReference,
} from '@varve/core/image';
import type { Database } from './database.ts';
import { findImage, fullName } from './find-image.ts';
import { Garbage, type GarbageStores } from './garbage.ts';
import { ImageParts } from './image-parts.ts';
import { ImageRecords, isIndexType, type NewImage, type NewIndex } from './image-records.ts';
import { IndexParts } from './index-parts.ts';

type PutOptions = Abortable & { readonly names?: readonly string[] | undefined };

interface Putting<New> {
  store(): Promise<New>;
  /** Everything that the record will stand for is on disk. */
  isWhole(stored: New): boolean;
  /** In a transaction. */
  add(stored: New): void;
}

/** How often an image is stored anew because another process removed a part of it meanwhile. */
const ATTEMPTS = 3;

export class LocalImageStore implements ImageStore {
  readonly #database: Database;
  readonly #images: ImageParts;
  readonly #indexes: IndexParts;
  readonly #records: ImageRecords;
  readonly #garbage: Garbage;

  constructor(database: Database, stores: GarbageStores) {
    this.#database = database;
    this.#images = new ImageParts(stores);
    this.#indexes = new IndexParts(stores);
    this.#records = new ImageRecords(database);
    this.#garbage = new Garbage(database, stores);
  }

  put(image: Image, options: PutOptions = {}): Promise<ImageRecord> {
    return this.#putWhole<NewImage>(options, {
      store: () => this.#images.store(image, options),
      isWhole: (stored) => this.#images.isWhole(stored),
      add: (stored) => this.#records.add(stored),
    });
  }

  putIndex(index: ImageIndex, options: PutOptions = {}): Promise<ImageRecord> {
    return this.#putWhole<NewIndex>(options, {
      store: () => this.#indexes.store(index, options),
      isWhole: (stored) => this.#indexes.isWhole(stored),
      add: (stored) => this.#records.addIndex(stored),
    });
  }

  async find(text: string): Promise<ImageRecord | undefined> {
    return findImage(this.#records, text);
  }

  async open(record: ImageRecord, { platform }: { readonly platform?: Platform | undefined } = {}): Promise<Image> {
    const index = await this.openIndex(record);
    if (index === undefined) return await this.#images.open(record.descriptor);
    return platform === undefined ? await imageForHost(index) : await imageFor(index, platform);
  }

  async openIndex({ descriptor }: ImageRecord): Promise<ImageIndex | undefined> {
    if (!isIndexType(descriptor.mediaType)) return undefined;
    return await this.#indexes.open(descriptor, (digest) => this.#records.byDigest(digest) !== undefined);
  }

  async tag({ descriptor }: ImageRecord, name: string): Promise<void> {
    const full = fullName(parseReference(name));
    this.#database.transaction(() => {
      if (this.#records.byDigest(descriptor.digest) === undefined)
        throw new VarveError('IMAGE_UNKNOWN', `There is no image ${descriptor.digest} to be called ${full}`, {
          hint: '`varve images` shows those that are here.',
        });
      this.#records.name(descriptor.digest, full);
    });
  }

  async untag(name: string): Promise<boolean> {
    const full = fullName(parseReference(name));
    if (this.#records.byName(full) === undefined) return false;
    return this.#database.transaction(() => this.#records.unname(full));
  }

  async list(): Promise<readonly ImageRecord[]> {
    return this.#records.all();
  }

  /** Removes layers, each by its diffID or, where no tar was made of it, its id. What an image or a result of a step needs stays. */
  forgetLayers(names: readonly Digest[]): void {
    this.#database.transaction(() => this.#garbage.add([], names as readonly DiffID[])); // `collect` looks for both
    this.#garbage.collect();
  }

  async remove({ descriptor: { digest } }: ImageRecord): Promise<{ readonly blobs: readonly Digest[] }> {
    if (this.#records.byDigest(digest) === undefined) return { blobs: [] };
    this.#database.transaction(() => {
      this.#refusePart(digest);
      const { blobs, layers } = this.#records.remove(digest);
      this.#garbage.add(blobs, layers);
    });
    return { blobs: this.#garbage.collect() };
  }

  #refusePart(digest: Digest): void {
    const [index] = this.#records.indexesWith(digest);
    if (index === undefined || this.#records.isOwn(digest)) return;
    const names = this.#records.byDigest(index)?.names ?? [];
    throw new VarveError('IMAGE_IN_USE', `The image ${digest} belongs to ${names[0] === undefined ? index : familiarName(names[0])}`, {
      hint: 'Remove that: an index goes with all its images.',
    });
  }

  /**
   * Stores the parts and then, in one transaction, the record: again where another process removed a part of it meanwhile, which is seen
   * under the lock under which such a process removes.
   */
  async #putWhole<New extends NewImage | NewIndex>(
    { names = [], signal }: PutOptions,
    { store, isWhole, add }: Putting<New>,
  ): Promise<ImageRecord> {
    const full = names.map((name) => fullName(parseReference(name)));
    for (let attempt = 1; ; attempt++) {
      const stored = await store();
      signal?.throwIfAborted();
      const { digest } = stored.record.descriptor;
      const known = this.#records.byDigest(digest);
      // a build that changes nothing writes nothing
      if (known !== undefined && this.#records.isOwn(digest) && full.every((name) => known.names.includes(name)) && isWhole(stored))
        return known;
      const record = this.#database.transaction(() => {
        if (!isWhole(stored)) return undefined;
        add(stored);
        for (const name of full) this.#records.name(digest, name);
        return this.#records.byDigest(digest);
      });
      if (record !== undefined) return record;
      if (attempt === ATTEMPTS)
        throw new VarveError('BLOB_UNKNOWN', `Parts of image ${stored.record.id} were removed while it was stored`, {
          hint: 'Another varve removed them. Build, pull or load the image again.',
        });
    }
  }
}
