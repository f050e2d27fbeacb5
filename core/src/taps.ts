import type { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook } from 'tapable';
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
  tapPromise(options: TapOrder & { readonly name: string }, fn: AnyTap): void;
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
  readonly #owners = new WeakMap<object, string>();
  #frozen = false;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  get pending(): readonly PendingTap[] {
    return [...this.#pending];
  }

  /** The plugin whose tap gave this provider. */
  ownerOf(provider: object): string | undefined {
    return this.#owners.get(provider);
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

  /**
   * Hands the taps to tapable. Those with `before` come last: tapable puts a tap whose `before` names nobody to the very front, so the
   * one they name must be there already, or be dropped where that plugin does not tap this hook.
   */
  freeze(loaded: ReadonlySet<string>): void {
    this.#frozen = true;
    const late = (r: Registration) => Number(r.order.before !== undefined);
    for (const registration of this.#registrations.toSorted((a, b) => late(a) - late(b))) {
      const { plugin, hook, fn, order } = registration;
      if (order.before !== undefined && !loaded.has(order.before))
        throw new VarveError('TAP_ORDER', `${plugin} taps "${hook}" before "${order.before}", which is not loaded`, { plugin });
      const known = this.#registrations.some((other) => other.hook === hook && other.plugin === order.before);
      const { before, ...rest } = order;
      const target = this.#hooks[hook] as unknown as Tappable;
      target.tapPromise({ ...rest, ...(known && before !== undefined && { before }), name: plugin }, this.#watch(plugin, hook, fn));
    }
  }

  /** tapable neither says which tap failed nor which one hangs, so both are noted where the tap runs. */
  #watch(plugin: string, hook: keyof Hooks, fn: AnyTap): AnyTap {
    return async (...args) => {
      const running: PendingTap = { plugin, hook };
      this.#pending.add(running);
      try {
        const answer = await fn(...args);
        refuseNothing(answer, hook, plugin);
        if (typeof answer === 'object' && answer !== null && !WATERFALLS.has(hook)) this.#owners.set(answer, plugin);
        return answer;
      } catch (cause) {
        throw blame(cause, plugin, `hook "${hook}"`);
      } finally {
        this.#pending.delete(running);
      }
    };
  }
}

/** Gives an error the plugin that it came from, and whatever was thrown a code. */
export function blame(cause: unknown, plugin: string | undefined, where: string): VarveError {
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
