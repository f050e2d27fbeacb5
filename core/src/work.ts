import { availableParallelism } from 'node:os';
import { type DirectoryTree, Limiter } from '../archive/index.ts';
import type { CacheKey, Image } from '../image/index.ts';
import { UsedRecords } from './cache.ts';
import type { BuildWarning } from './contracts/event.ts';
import type { CacheStore } from './contracts/store.ts';
import type { Made } from './run-step.ts';

export interface WorkParts {
  readonly caches: readonly CacheStore[];
  /** Stops what is still running once something has failed. */
  readonly controller: AbortController;
  /** How many steps may run at once. */
  readonly parallel?: number | undefined;
}

/** What the builds of one request, one for each platform, do together: nothing is fetched or run twice. */
export class Work {
  readonly caches: readonly CacheStore[];
  readonly used: UsedRecords;
  readonly controller: AbortController;
  /** By reference and platform. */
  readonly images = new Map<string, Promise<Image>>();
  /** By place and what is hidden of it. */
  readonly directories = new Map<string, Promise<DirectoryTree>>();
  readonly #limit: Limiter;
  readonly #warnings = new Set<string>();
  readonly #steps = new Map<CacheKey, Promise<Made>>();

  constructor({ caches, controller, parallel }: WorkParts) {
    this.caches = caches;
    this.used = new UsedRecords(caches);
    this.controller = controller;
    this.#limit = new Limiter(Math.max(1, parallel ?? Math.max(4, 2 * availableParallelism())));
  }

  /** Whether nobody has said this yet. */
  isNew({ code, message, source }: BuildWarning): boolean {
    const before = this.#warnings.size;
    return this.#warnings.add(JSON.stringify([code, message, source])).size > before;
  }

  /** What a step with this key comes to that another stage or platform runs, or has run. */
  shared(key: CacheKey): Promise<Made> | undefined {
    return this.#steps.get(key)?.then((made) => ({ ...made, below: undefined }));
  }

  /** Runs a step under the limit; it is shared from now on. */
  run(key: CacheKey, step: () => Promise<Made>): Promise<Made> {
    const running = this.#limit.run(step);
    this.#steps.set(key, running);
    return running;
  }
}
