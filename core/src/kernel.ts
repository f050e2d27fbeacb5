import { randomBytes } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { formatPlatform, hostPlatform, type Image, type ImageReference, normalizePlatform, type Platform } from '../image/index.ts';
import { aborted, orAborted } from './abort.ts';
import { Build } from './build.ts';
import { startCaches } from './cache.ts';
import { choose, chooseRemembered } from './choose.ts';
import type { BuildInfo, BuildRequest, BuildResult } from './contracts/build.ts';
import type { BuildEvent } from './contracts/event.ts';
import type { Executor } from './contracts/executor.ts';
import type { Choice, Host, Kernel, KernelSettings } from './contracts/host.ts';
import type { Snapshotter } from './contracts/snapshotter.ts';
import type { StorageDriver } from './contracts/storage.ts';
import type { Transport } from './contracts/transport.ts';
import { Emitter } from './emitter.ts';
import { VarveError } from './errors.ts';
import { Hooks } from './hooks.ts';
import { kept } from './kept.ts';
import { type AnyPlugin, inOrder, readOptions } from './plugin.ts';
import { runBuilds } from './run-builds.ts';
import { Scope, type Token } from './scope.ts';
import { blame, type PendingTap, TapRegistry } from './taps.ts';
import { CACHE_STORES, FILE_DIGESTS, LAYERS, STORAGE, STORE_ROOT, STORE_STATE } from './tokens.ts';
import { resolveImage, transportAt } from './transports.ts';
import { Work } from './work.ts';

/**
 * Assembles a toolchain. Nothing is read, written or started by it: plugins only register.
 * @throws VarveError `PLUGIN_…`, `OPTIONS_INVALID`, `TAP_ORDER`
 */
export const createKernel = (settings: KernelSettings): Kernel => new PluginKernel(settings);

class PluginKernel implements Kernel {
  readonly root: string;
  readonly plugins: Host['plugins'];
  readonly #grace: number;
  readonly #preferred: Pick<KernelSettings, 'storage' | 'executor'>;
  readonly #hooks = new Hooks();
  readonly #scope = new Scope();
  readonly #emitter = new Emitter(this.#hooks);
  readonly #taps = new TapRegistry(this.#hooks, (event, failure) => this.#emitter.report(event, failure));
  readonly #storage = new Map<string | undefined, Promise<Choice<StorageDriver>>>();
  readonly #recovered = new Map<StorageDriver, Promise<void>>();
  readonly #executors = new Map<string | undefined, Promise<Choice<Executor>>>();

  constructor({ root, plugins, options = {}, grace = 10_000, storage, executor }: KernelSettings) {
    this.#grace = grace;
    this.#preferred = { storage, executor };
    this.root = isAbsolute(root) ? root : resolve(root);
    this.#scope.set(STORE_ROOT, this.root);
    this.#scope.set(STORAGE, (name) => this.storage(name));
    const ordered = inOrder(plugins);
    const values = readOptions(ordered, options);
    for (const plugin of ordered) this.#apply(plugin, values.get(plugin.name));
    this.#taps.freeze(new Set(ordered.map((plugin) => plugin.name)));
    this.#scope.freeze();
    this.plugins = ordered.map(({ name, core }) => ({ name, core }));
  }

  #apply(plugin: AnyPlugin, options: unknown): void {
    const scope = this.#scope;
    try {
      const returned: unknown = plugin.apply({
        hooks: this.#taps.for(plugin.name),
        options,
        inject: (name, deps, make) => scope.inject(name, deps, blaming(make, plugin)),
        provide: (token, deps, make) => scope.provide(token, deps, blaming(make, plugin)),
        contribute: (list, deps, make) => scope.contribute(list, deps, blaming(make, plugin)),
      });
      if (!(returned instanceof Promise)) return;
      returned.catch(() => undefined); // what comes of it does not matter any more
      throw new VarveError('PLUGIN_FAILED', `${plugin.name} has an asynchronous \`apply\`; it may only register`);
    } catch (failure) {
      throw blame(failure, plugin.name, '`apply`');
    }
  }

  get pending(): readonly PendingTap[] {
    return this.#taps.pending;
  }

  async build(request: BuildRequest): Promise<BuildResult> {
    const id = randomBytes(6).toString('hex');
    const emit = this.#emitter.for(id);
    const { epoch } = request;
    const controller = new AbortController();
    const signal = request.signal === undefined ? controller.signal : AbortSignal.any([request.signal, controller.signal]);
    const platforms = platformsOf(request);
    const info: BuildInfo = { id, request, platform: platforms[0], epoch, emit, signal };
    await using scope = new Scope(this.#scope); // layers are read lazily, so it ends after the last export
    const builds = scope.inject('builds', [LAYERS, FILE_DIGESTS], (layers, digests) => {
      const caches = startCaches(scope.all(CACHE_STORES), { build: info, host: this });
      const work = new Work({ caches, controller, parallel: request.parallel });
      const isOneOfMany = platforms.length > 1;
      const buildOf = (platform: Platform): Build => {
        const build = isOneOfMany ? { ...info, platform, emit: this.#emitter.for(id, formatPlatform(platform)) } : info;
        return new Build({ build, host: this, hooks: this.#hooks, layers, digests, work, isOneOfMany });
      };
      const [first, ...others] = platforms;
      return [buildOf(first), ...others.map(buildOf)] as const;
    });
    try {
      return await orAborted(runBuilds({ builds: builds(), info }), {
        signal: request.signal,
        grace: this.#grace,
        pending: () => this.pending,
      });
    } catch (failure) {
      const error = request.signal?.aborted ? aborted(failure, this.pending) : blame(failure, undefined, 'the build');
      emit({ type: 'build-failed', code: error.code, message: error.message });
      throw error;
    }
  }

  resolve(reference: ImageReference, options?: Parameters<Host['resolve']>[1]): Promise<Image> {
    return resolveImage(this.#hooks, reference, options);
  }

  transport(reference: ImageReference, options?: Parameters<Host['transport']>[1]): Promise<Transport> {
    return transportAt(this.#hooks, reference, options);
  }

  storage(name = this.#preferred.storage): Promise<Choice<StorageDriver>> {
    const state = this.#scope.has(STORE_STATE) ? this.#scope.get(STORE_STATE) : undefined;
    return kept(this.#storage, name, async () => {
      const choice = await chooseRemembered(this.#hooks.storage, { what: 'storage driver', root: this.root, name }, state);
      await kept(this.#recovered, choice.provider, async () => await choice.provider.recover?.());
      return choice;
    });
  }

  executor(name = this.#preferred.executor): Promise<Choice<Executor>> {
    return kept(this.#executors, name, () => choose(this.#hooks.executor, { what: 'executor', root: this.root, name }));
  }

  snapshotter(): Promise<Choice<Snapshotter>> {
    return choose(this.#hooks.snapshotter, { what: 'snapshotter', root: this.root });
  }

  get<T>(token: Token<T>): T {
    return this.#scope.get(token);
  }

  all<T>(list: Token<readonly T[]>): readonly T[] {
    return this.#scope.all(list);
  }

  emit(event: BuildEvent): void {
    this.#emitter.send(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }
}

/** Each once. */
function platformsOf({ platform, platforms = [] }: BuildRequest): readonly [Platform, ...Platform[]] {
  const wanted = platforms.length > 0 ? platforms : [platform ?? hostPlatform()];
  const byName = new Map(wanted.map(normalizePlatform).map((one) => [formatPlatform(one), one]));
  return [...byName.values()] as unknown as readonly [Platform, ...Platform[]]; // one at least
}

/** A plugin's factory, whose failure is the plugin's, whoever asked for what it makes. */
const blaming =
  <D extends readonly unknown[], T>(make: (...deps: D) => T, { name }: AnyPlugin) =>
  (...deps: D): T => {
    try {
      return make(...deps);
    } catch (failure) {
      throw blame(failure, name, 'a factory');
    }
  };
