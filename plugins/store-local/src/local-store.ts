import { VarveError } from '@varve/core';
import { BlobStore } from './blob-store.ts';
import { Database } from './database.ts';
import { LocalImageStore } from './image-store.ts';
import { LayerRecords } from './layer-records.ts';
import { LocalLayerStore } from './layer-store.ts';
import { LocalCacheStore } from './local-cache-store.ts';
import { LocalFileDigests } from './local-file-digests.ts';
import { StoreRoot } from './store-root.ts';
import { LocalStoreState } from './store-state.ts';

/**
 * Everything that is kept in one directory. Making one touches nothing; whatever only reads answers empty where there is no store yet and
 * makes none. Several processes may work on one directory at once, and each may be killed at any moment.
 */
export class LocalStore implements AsyncDisposable {
  readonly root: StoreRoot;
  readonly database: Database;
  readonly content: BlobStore;
  readonly layers: LocalLayerStore;
  readonly images: LocalImageStore;
  readonly cache: LocalCacheStore;
  readonly fileDigests: LocalFileDigests;
  readonly state: LocalStoreState;

  constructor(path: string) {
    const root = new StoreRoot(path);
    this.root = root;
    this.database = new Database(root);
    this.content = new BlobStore(root);
    const records = new LayerRecords(this.database);
    this.layers = new LocalLayerStore(root, { content: this.content, records });
    this.images = new LocalImageStore(this.database, { content: this.content, layers: this.layers });
    this.cache = new LocalCacheStore(this.database, root.use);
    this.fileDigests = new LocalFileDigests(this.database);
    this.state = new LocalStoreState(root, this.database, records);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#noteUse();
    this.root.use[Symbol.dispose]();
    await this.database[Symbol.asyncDispose]();
  }

  /** What a store does not take is not worth a failure at the end. */
  #noteUse(): void {
    try {
      this.cache.noteUse();
      this.fileDigests.noteUse();
    } catch (failure) {
      if (!VarveError.is(failure)) throw failure;
    }
  }
}
