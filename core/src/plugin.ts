import { messageOf, VarveError } from './errors.ts';
import type { Scope } from './scope.ts';
import type { Taps } from './taps.ts';
import { CORE_VERSION, satisfies } from './version.ts';

export interface PluginApi<Options> {
  readonly hooks: Taps;
  readonly options: Options;
  readonly inject: Scope['inject'];
  readonly provide: Scope['provide'];
  readonly contribute: Scope['contribute'];
}

/** Checks what the user wrote: a function that throws, or any schema library's object (Standard Schema, version 1; synchronous). */
export type OptionsSchema<Options> =
  | ((raw: unknown) => Options)
  | {
      readonly '~standard': {
        readonly version: 1;
        readonly vendor: string;
        validate(raw: unknown): unknown;
        readonly types?: { readonly input: unknown; readonly output: Options } | undefined;
      };
    };

export interface Plugin<Options = undefined> {
  /** The npm package's name. Also names its taps, its options and its failures. */
  readonly name: string;
  /** Range of core versions it was written against, e.g. `^0.1.0`; checked before `apply`. */
  readonly core: string;
  /** Plugins that must be present and are applied first. Otherwise the preset's order holds. */
  readonly requires?: readonly string[];
  readonly options?: OptionsSchema<Options>;
  /** Registers taps and providers. Synchronous, and does no other work: no file, no process, no network. */
  apply(api: PluginApi<Options>): void;
}
/** A plugin whatever its options are. */
// biome-ignore lint/suspicious/noExplicitAny: `apply` takes the options, so only `any` accepts every plugin
export type AnyPlugin = Plugin<any>;

export const definePlugin = <Options = undefined>(plugin: Plugin<Options>): Plugin<Options> => plugin;

/**
 * The plugins in the order in which they are applied: the preset's, with what is required moved in front.
 * @throws VarveError `PLUGIN_DUPLICATE`, `PLUGIN_MISSING`, `PLUGIN_CYCLE`, `PLUGIN_CORE`
 */
export function inOrder(plugins: readonly AnyPlugin[]): readonly AnyPlugin[] {
  const byName = new Map<string, AnyPlugin>();
  for (const plugin of plugins) {
    if (byName.has(plugin.name))
      throw new VarveError('PLUGIN_DUPLICATE', `${plugin.name} is in the preset twice`, {
        plugin: plugin.name,
      });
    checkCore(plugin);
    byName.set(plugin.name, plugin);
  }
  const ordered = new Set<AnyPlugin>();
  const visit = (plugin: AnyPlugin, path: readonly string[]): void => {
    if (ordered.has(plugin)) return;
    if (path.includes(plugin.name))
      throw new VarveError('PLUGIN_CYCLE', `Plugins require each other: ${[...path, plugin.name].join(' -> ')}`);
    for (const name of plugin.requires ?? []) visit(byName.get(name) ?? missing(plugin, name), [...path, plugin.name]);
    ordered.add(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return [...ordered];
}

function missing(plugin: AnyPlugin, name: string): never {
  throw new VarveError('PLUGIN_MISSING', `${plugin.name} requires ${name}, which is not in the preset`, {
    plugin: plugin.name,
    hint: `Add ${name} to the preset, or take ${plugin.name} out.`,
  });
}

function checkCore({ name, core }: AnyPlugin): void {
  const fits = satisfies(CORE_VERSION, core);
  if (fits === true) return;
  const message =
    fits === undefined
      ? `${name} names a core range that is none: ${JSON.stringify(core)}`
      : `${name} was written for core ${core}, this is core ${CORE_VERSION}`;
  throw new VarveError('PLUGIN_CORE', message, {
    plugin: name,
    hint: `Install a version of ${name} for this core.`,
  });
}

/**
 * All plugins' options, checked together so that a user sees every mistake at once.
 * @throws VarveError `OPTIONS_INVALID` with one line for each mistake, by path
 */
export function readOptions(plugins: readonly AnyPlugin[], raw: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  const names = new Set(plugins.map((plugin) => plugin.name));
  const problems = Object.keys(raw)
    .filter((name) => !names.has(name))
    .map((name) => `options["${name}"]: no such plugin in the preset`);
  const values = new Map<string, unknown>();
  for (const plugin of plugins) {
    const { value, issues } = check(plugin, raw[plugin.name]);
    problems.push(...issues.map((issue) => `options["${plugin.name}"]${issue}`));
    values.set(plugin.name, value);
  }
  if (problems.length > 0) throw new VarveError('OPTIONS_INVALID', ['Options are not valid:', ...problems].join('\n  '));
  return values;
}

interface Checked {
  readonly value?: unknown;
  readonly issues: readonly string[];
}
function check({ name, options }: AnyPlugin, raw: unknown): Checked {
  if (options === undefined) return { issues: raw === undefined ? [] : [': this plugin has no options'] };
  if (typeof options !== 'function') return standardResult(options['~standard'].validate(raw), name);
  try {
    return { value: options(raw), issues: [] };
  } catch (cause) {
    if (VarveError.is(cause)) return { issues: [`: ${cause.message}`] };
    throw new VarveError('PLUGIN_FAILED', `${name} failed while checking its options: ${messageOf(cause)}`, {
      cause,
      plugin: name,
    });
  }
}

interface StandardResult {
  readonly value?: unknown;
  readonly issues?: readonly { readonly message: string; readonly path?: readonly unknown[] }[];
}
function standardResult(result: unknown, name: string): Checked {
  if (result instanceof Promise) throw new VarveError('PLUGIN_FAILED', `${name} checks its options asynchronously`, { plugin: name });
  const { value, issues = [] } = result as StandardResult;
  const pathOf = (segment: unknown) =>
    `.${String(typeof segment === 'object' && segment !== null ? (segment as { key: unknown }).key : segment)}`;
  return {
    value,
    issues: issues.map((issue) => `${(issue.path ?? []).map(pathOf).join('')}: ${issue.message}`),
  };
}
