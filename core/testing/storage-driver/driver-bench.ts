import { existsSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { type Entry, scanDirectory } from '../../archive/index.ts';
import { asLayerID, asSnapshotKey, type ChainID, chainOf, digestOf, type SnapshotKey } from '../../image/index.ts';
import type { Mount, SnapshotInfo, StorageDriver } from '../../src/index.ts';
import { fixtureContent, fixtureIndex } from '../layer-fixture.ts';
import { type SnapshotView, showSnapshot } from '../snapshot-view.ts';
import { temporaryDir } from '../temporary-dir.ts';

export type OpenDriver = (root: string) => StorageDriver | Promise<StorageDriver>;

/** A ChainID for a name of the test's. */
export const chain = (name: string): ChainID => chainOf([asLayerID(digestOf(name))]) as ChainID; // one id gives one chain
export const key = (name: string): SnapshotKey => asSnapshotKey(name);

/** A driver on a store of its own, and what tests do with it over and over. */
export class DriverBench {
  readonly root: string;
  readonly driver: StorageDriver;
  readonly #open: OpenDriver;

  private constructor(root: string, driver: StorageDriver, open: OpenDriver) {
    this.root = root;
    this.driver = driver;
    this.#open = open;
  }

  static async start(t: ExecutionContext, open: OpenDriver): Promise<DriverBench> {
    const root = temporaryDir(t);
    const driver = await open(root);
    t.teardown(() => driver[Symbol.asyncDispose]());
    return new DriverBench(root, driver, open);
  }

  /** One more driver on the same store, as another process has it. */
  async again(t: ExecutionContext): Promise<StorageDriver> {
    const driver = await this.#open(this.root);
    t.teardown(() => driver[Symbol.asyncDispose]());
    return driver;
  }

  /** A committed snapshot that holds a layer of these entries. */
  async layer(name: string, parent: string | null, entries: readonly Entry[]): Promise<ChainID> {
    await this.driver.prepare(key(`for ${name}`), parent === null ? null : chain(parent));
    await this.driver.apply(key(`for ${name}`), fixtureIndex(entries), fixtureContent);
    await this.driver.commit(key(`for ${name}`), chain(name));
    return chain(name);
  }

  async show(mounts: readonly Mount[]): Promise<SnapshotView> {
    return await showSnapshot(mounts, this.root);
  }

  /** Opens a snapshot, lets `change` write into it and closes it again; it stays active. */
  async change(name: string, parent: string | null, change: (root: string) => void): Promise<SnapshotKey> {
    await using view = await this.show(await this.driver.prepare(key(name), parent === null ? null : chain(parent)));
    change(view.root);
    return key(name);
  }

  /** Everything that a snapshot on top of `parent` shows. */
  async scan(parent: string): Promise<readonly Entry[]> {
    const probe = key(`scan of ${parent}`);
    const view = await this.show(await this.driver.prepare(probe, chain(parent)));
    const index = await scanDirectory(view.root);
    await view[Symbol.asyncDispose]();
    await this.driver.remove(probe);
    return index;
  }

  /** Paths of all that a snapshot on top of `parent` shows, without the root. */
  async paths(parent: string): Promise<readonly string[]> {
    return (await this.scan(parent)).map(({ path }) => path).filter((path) => path !== '');
  }

  async list(driver: StorageDriver = this.driver): Promise<readonly SnapshotInfo[]> {
    const found: SnapshotInfo[] = [];
    for await (const info of driver.list()) found.push(info);
    return found;
  }
}

export const exists = (...parts: readonly string[]): boolean => existsSync(parts.join('/'));
