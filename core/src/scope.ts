import 'reflect-metadata'; // tsyringe throws on import unless this came first
import { container, type DependencyContainer } from 'tsyringe';
import { VarveError } from './errors.ts';

declare const provides: unique symbol;
/** A symbol that remembers the type it stands for. */
export interface Token<T> {
  readonly id: symbol;
  /** What stands for it is a list that plugins contribute to. */
  readonly isList?: boolean;
  readonly [provides]?: T;
}
/** `Symbol.for` underneath: two loaded copies of core agree about what a name stands for. */
export const token = <T>(name: string): Token<T> => ({ id: Symbol.for(`varve.${name}`) });
/**
 * A list that any plugin may `contribute` to. Whoever injects it gets the entries in the order of the preset, also when there are none;
 * a list of `token` can only be asked for by the kernel and by commands.
 */
export const listToken = <T>(name: string): Token<readonly T[]> => ({ ...token<readonly T[]>(name), isList: true });

type Values<D extends readonly Token<unknown>[]> = {
  readonly [I in keyof D]: D[I] extends Token<infer T> ? T : never;
};
type Make<T, D extends readonly Token<unknown>[]> = (...deps: Values<D>) => T;

/**
 * One lifetime: the process, or one build. A value lives in the scope that registered it and sees only that scope and its parents, so
 * nothing long-lived can capture something short-lived.
 */
export class Scope implements AsyncDisposable {
  readonly #container: DependencyContainer;
  readonly #made: unknown[] = [];
  readonly #making: { readonly name: string; readonly make: unknown }[] = [];
  #frozen = false;

  constructor(parent?: Scope) {
    this.#container = (parent ? parent.#container : container).createChildContainer();
  }

  /** An object built from `deps` when first asked for, then kept. Nothing else in the scope can reach it. */
  inject<T, const D extends readonly Token<unknown>[]>(name: string, deps: D, make: Make<T, D>): () => T {
    this.#refuseLate(name);
    let made: { readonly value: T } | undefined;
    return () => {
      made ??= { value: this.#make(name, deps, make) };
      return made.value;
    };
  }

  /** The same, published under `token` for other plugins. @throws VarveError `PROVIDER_DUPLICATE` */
  provide<T, const D extends readonly Token<unknown>[]>(token: Token<T>, deps: D, make: Make<T, D>): () => T {
    if (this.#container.isRegistered(token.id))
      throw new VarveError('PROVIDER_DUPLICATE', `Two plugins provide "${nameOf(token)}"`, {
        hint: 'Take one of them out of the preset.',
      });
    const get = this.inject(nameOf(token), deps, make);
    this.#container.register<T>(token.id, { useFactory: get });
    return get;
  }

  /** One more entry of a list that many plugins may add to. */
  contribute<T, const D extends readonly Token<unknown>[]>(list: Token<readonly T[]>, deps: D, make: Make<T, D>): void {
    this.#container.register<T>(list.id, { useFactory: this.inject(nameOf(list), deps, make) });
  }

  /** From now on nothing is registered any more; what was is still made when first asked for. */
  freeze(): void {
    this.#frozen = true;
  }

  #refuseLate(name: string): void {
    if (this.#frozen)
      throw new VarveError('PLUGIN_LATE', `"${name}" is registered after the kernel was assembled`, {
        hint: 'Register in `apply`, synchronously.',
      });
  }

  set<T>(token: Token<T>, value: T): void {
    this.#container.register<T>(token.id, { useValue: value });
  }

  has(token: Token<unknown>): boolean {
    return this.#container.isRegistered(token.id, true);
  }

  /** @throws VarveError `NOT_PROVIDED`, `PROVIDER_CYCLE` */
  get<T>(token: Token<T>): T {
    if (token.isList) return this.all(token as Token<readonly unknown[]>) as T; // only `listToken` makes such tokens, of lists
    if (!this.has(token))
      throw new VarveError('NOT_PROVIDED', `No plugin provides "${nameOf(token)}"`, {
        hint: 'Add a plugin that does to the preset; `varve plugins` lists those that are loaded.',
      });
    return this.#container.resolve<T>(token.id);
  }

  /** The entries of a list in the order of the preset; empty when nobody contributed. */
  all<T>(list: Token<readonly T[]>): readonly T[] {
    return this.has(list) ? this.#container.resolveAll<T>(list.id) : [];
  }

  #make<T, D extends readonly Token<unknown>[]>(name: string, deps: D, make: Make<T, D>): T {
    if (this.#making.some((one) => one.make === make))
      throw new VarveError('PROVIDER_CYCLE', `Providers need each other: ${[...this.#making.map((one) => one.name), name].join(' -> ')}`);
    this.#making.push({ name, make });
    try {
      // The mapped type says the same as the array; TypeScript cannot follow it through `map`.
      const value = make(...(deps.map((dep) => this.get(dep)) as unknown as Values<D>));
      this.#made.push(value);
      return value;
    } finally {
      this.#making.pop();
    }
  }

  /** Disposes what this scope made, newest first; one failure does not keep the others from being disposed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const value of this.#made.splice(0).reverse()) {
      try {
        if (isDisposable(value)) await value[Symbol.asyncDispose]();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

const nameOf = (token: Token<unknown>): string => token.id.description?.replace('varve.', '') ?? '?';
const isDisposable = (value: unknown): value is AsyncDisposable =>
  typeof value === 'object' && value !== null && Symbol.asyncDispose in value;
