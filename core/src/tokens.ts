import type { Command, Inspectable } from './contracts/command.ts';
import type { Choice } from './contracts/host.ts';
import type { StorageDriver } from './contracts/storage.ts';
import type { CacheStore, ContentStore, FileDigests, ImageStore, LayerStore, StoreState } from './contracts/store.ts';
import type { ImageUsers, Keeper } from './contracts/usage.ts';
import { listToken, token } from './scope.ts';

/** Absolute path of the store's root directory. */
export const STORE_ROOT = token<string>('store-root');
/** Asks for the storage driver, by name or whichever fits this host (`Host.storage`). */
export const STORAGE = token<(name?: string) => Promise<Choice<StorageDriver>>>('storage');
export const CONTENT = token<ContentStore>('content-store');
export const LAYERS = token<LayerStore>('layer-store');
export const IMAGES = token<ImageStore>('image-store');
export const FILE_DIGESTS = token<FileDigests>('file-digests');
export const STORE_STATE = token<StoreState>('store-state');
/** Caches of step results, asked in the order of the preset. */
export const CACHE_STORES = token<readonly CacheStore[]>('cache-stores');
/** Verbs of the command line. */
export const COMMANDS = token<readonly Command[]>('commands');
/** Who keeps something on disk: what `system df` counts and a collection may take. */
export const KEEPERS = listToken<Keeper>('keepers');
/** Who works with images: asked before one is removed. */
export const IMAGE_USERS = token<readonly ImageUsers[]>('image-users');
/** What `inspect` shows besides images, in the order in which it is looked for. */
export const INSPECTABLES = token<readonly Inspectable[]>('inspectables');
