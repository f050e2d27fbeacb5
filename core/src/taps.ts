import type { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { BuildEvent } from './contracts/event.ts';
import { messageOf, VarveError } from './errors.ts';
import type { Hooks } from './hooks.ts';

export interface TapOrder {
  /** Default 0; 100 for a fallback, -100 for one that must look first. Within a stage the preset's order holds. */
  readonly stage?: number;
  /** Name of a plugin whose taps come later; only between plugins that know each other. */
  readonly before?: string;
}

type TapFn<H> =
  H extends AsyncSeriesWaterfallHook<infer A extends unknown[]>
    ? (...args: A) => Promise<A[0]>
    : H extends AsyncSeriesBailHook<infer A extends unknown[], infer R>
      ? (...args: A) => Promise<R>
      : H extends AsyncParallelHook<infer A extends unknown[]>
        ? (...args: A) => Promise<void>
        : never;

/** What a plugin sees of a hook: asynchronous taps only, under the plugin's own name, and no way to call it. */
export type Taps = { readonly [K in keyof Hooks]: { tap(fn: TapFn<Hooks[K]>, order?: TapOrder): void } };

type AnyTap = (...args: never[]) => Promise<unknown>;
interface Tappable {
  tapPromise(name: string, fn: AnyTap): void;
}
interface Registration {
  readonly plugin: string;
  readonly hook: keyof Hooks;
  readonly fn: AnyTap;
  readonly order: TapOrder;
}
/** A tap that was called and has not answered. */
export interface PendingTap {
  readonly plugin: string;
  readonly hook: string;
}

/** Collects the taps of all plugins, puts them in order once, and keeps an eye on those that are running. */
export class TapRegistry {
  readonly #hooks: Hooks;
  readonly #registrations: Registration[] = [];
  readonly #pending = new Set<PendingTap>();
  readonly #guarded = new WeakMap<object, object>();
  readonly #unseen: (event: BuildEvent, failure: VarveError) => void;
  #frozen = false;

  /** @param unseen is told of failing `event` taps, of which tapable would report only the first */
  constructor(hooks: Hooks, unseen: (event: BuildEvent, failure: VarveError) => void) {
    this.#hooks = hooks;
    this.#unseen = unseen;
  }

  get pending(): readonly PendingTap[] {
    return [...this.#pending];
  }

  for(plugin: string): Taps {
    const names = Object.keys(this.#hooks) as (keyof Hooks)[];
    const taps = names.map((hook) => [hook, { tap: (fn: AnyTap, order: TapOrder = {}) => this.#add({ plugin, hook, fn, order }) }]);
    return Object.fromEntries(taps) as Taps;
  }

  #add(registration: Registration): void {
    if (this.#frozen)
      throw new VarveError('PLUGIN_LATE', `${registration.plugin} taps "${registration.hook}" after the kernel was assembled`, {
        plugin: registration.plugin,
        hint: 'Taps are registered in `apply`, synchronously.',
      });
    this.#registrations.push(registration);
  }

  /** Hands the taps to tapable, in order: its own `before` minds only the last tap of the one that is named. */
  freeze(loaded: ReadonlySet<string>): void {
    this.#frozen = true;
    for (const { plugin, hook, order } of this.#registrations)
      if (order.before !== undefined && !loaded.has(order.before))
        throw new VarveError('TAP_ORDER', `${plugin} taps "${hook}" before "${order.before}", which is not loaded`, { plugin });
    for (const { plugin, hook, fn } of inOrder(this.#registrations))
      (this.#hooks[hook] as unknown as Tappable).tapPromise(plugin, this.#watch(plugin, hook, fn));
  }

  /** tapable neither says which tap failed nor which one hangs, so both are noted where the tap runs. */
  #watch(plugin: string, hook: keyof Hooks, fn: AnyTap): AnyTap {
    return async (...args) => {
      const running: PendingTap = { plugin, hook };
      this.#pending.add(running);
      try {
        const answer = await fn(...args);
        refuseNothing(answer, hook, plugin);
        return WATERFALLS.has(hook) || typeof answer !== 'object' ? answer : this.#guard(answer as object, plugin, hook);
      } catch (cause) {
        const failure = blame(cause, plugin, `hook "${hook}"`);
        if (hook !== 'event') throw failure;
        return this.#unseen(args[0] as unknown as BuildEvent, failure); // what an `event` hook is called with
      } finally {
        this.#pending.delete(running);
      }
    };
  }

  #guard(provider: object, plugin: string, hook: string): object {
    const known = this.#guarded.get(provider) ?? guard(provider, plugin, 'name' in provider ? `${hook} "${provider.name}"` : `its ${hook}`);
    this.#guarded.set(provider, known);
    return known;
  }
}

/** By stage, then as the preset has them; then those that ask for it are moved in front of another plugin's. */
function inOrder(registrations: readonly Registration[]): readonly Registration[] {
  const order = registrations.toSorted((a, b) => (a.order.stage ?? 0) - (b.order.stage ?? 0));
  const asking = order.filter(({ order: { before } }) => before !== undefined);
  for (const _ of asking) // once for each link of a chain
    for (const tap of asking) {
      const from = order.indexOf(tap);
      const to = order.findIndex(({ hook, plugin }) => hook === tap.hook && plugin === tap.order.before);
      if (to >= 0 && to < from) order.splice(to, 0, ...order.splice(from, 1));
    }
  return order;
}

/** A provider whose failures name the plugin that brought it, whoever calls it; so do those of what it hands out at once (`start`). */
function guard<T extends object>(provider: T, plugin: string, what: string): T {
  const fail = (failure: unknown): never => {
    throw blame(failure, plugin, what);
  };
  const get = (_: T, name: string | symbol): unknown => {
    const member: unknown = Reflect.get(provider, name);
    if (typeof member !== 'function') return member;
    return (...args: unknown[]) => {
      try {
        const answer: unknown = member.apply(provider, args);
        if (answer instanceof Promise) return answer.catch(fail);
        return typeof answer === 'object' && answer !== null ? guard(answer, plugin, what) : answer;
      } catch (failure) {
        return fail(failure);
      }
    };
  };
  return new Proxy(Object.create(provider) as T, { get }); // nothing of its own: a frozen provider could not be shown otherwise
}

/** Gives an error the plugin that it came from, and whatever was thrown a code. */
export function blame(cause: unknown, plugin: string | undefined, where: string): VarveError {
  if (cause instanceof Error && 'suppressed' in cause) return blame(cause.suppressed, plugin, where); // cleaning up after it failed, too
  if (VarveError.is(cause)) return cause.plugin === undefined && plugin !== undefined ? VarveError.with(cause, { plugin }) : cause;
  return new VarveError('PLUGIN_FAILED', `${plugin ?? 'A plugin'} failed in ${where}: ${messageOf(cause)}`, {
    plugin,
    cause,
  });
}

const WATERFALLS: ReadonlySet<string> = new Set<keyof Hooks>(['plan', 'layer', 'image']);

/** `null` would stop a bail hook as an answer, and a waterfall would silently go on with the old value for `undefined`. */
function refuseNothing(answer: unknown, hook: keyof Hooks, plugin: string): void {
  const isValue = WATERFALLS.has(hook);
  if (answer !== null && (answer !== undefined || !isValue)) return;
  const expected = isValue ? 'the new value' : 'a provider, or undefined for "not me"';
  throw new VarveError('PLUGIN_FAILED', `${plugin} returned ${String(answer)} from hook "${hook}", expected ${expected}`, { plugin });
}
