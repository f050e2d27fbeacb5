import type { ExecutionContext, TestFn } from 'ava';
import type { CacheStore, ContentStore, ImageStore, LayerStore } from '../src/index.ts';
import { cacheClaims } from './store/cache-claims.ts';
import { contentClaims } from './store/content-claims.ts';
import { imageClaims } from './store/image-claims.ts';
import { indexClaims } from './store/index-claims.ts';
import { layerClaims } from './store/layer-claims.ts';
import { temporaryDir } from './temporary-dir.ts';

/** A store that was opened for a test. */
export interface OpenedStore<Store> {
  readonly store: Store;
  /** Called at the end of the test. */
  close?(): Promise<void>;
}

export interface StoreSuite<Store> {
  /** In the titles of the tests. */
  readonly name: string;
  /** A store on this directory, which is there and empty. Called several times for one: each stands for a process. */
  open(root: string): OpenedStore<Store> | Promise<OpenedStore<Store>>;
}

/** What a test works with: a store, and one more on the same directory when it asks. */
export interface StoreBench<Store> {
  readonly store: Store;
  /** A directory of the test's own, outside the store. */
  readonly dir: string;
  again(): Promise<Store>;
}

/** Registers a test that begins with a new store. */
export type StoreClaim<Store> = (title: string, body: (t: ExecutionContext, bench: StoreBench<Store>) => Promise<void>) => void;

/** Tests every promise of `ContentStore`. Call it at the top of an ava test file. */
export const contentStoreContract = (test: TestFn, suite: StoreSuite<ContentStore>): void => contentClaims(claimFor(test, suite));

/** Tests every promise of `LayerStore`. */
export const layerStoreContract = (test: TestFn, suite: StoreSuite<LayerStore>): void => layerClaims(claimFor(test, suite));

/** Tests every promise of `ImageStore`. */
export const imageStoreContract = (test: TestFn, suite: StoreSuite<ImageStore>): void => {
  imageClaims(claimFor(test, suite));
  indexClaims(claimFor(test, suite));
};

/** Tests every promise of `CacheStore`. */
export const cacheStoreContract = (test: TestFn, suite: StoreSuite<CacheStore>): void => cacheClaims(claimFor(test, suite));

function claimFor<Store>(test: TestFn, { name, open }: StoreSuite<Store>): StoreClaim<Store> {
  return (title, body) =>
    test(`${name}: ${title}`, async (t) => {
      const root = temporaryDir(t);
      const again = async (): Promise<Store> => {
        const opened = await open(root);
        t.teardown(async () => await opened.close?.());
        return opened.store;
      };
      await body(t, { store: await again(), dir: temporaryDir(t), again });
    });
}
