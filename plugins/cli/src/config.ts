import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AnyPlugin, messageOf, VarveError } from '@varve/core';
import { didYouMean } from '@varve/core/command';
import { resolvePlugins } from './resolve-plugins.ts';

/** What `varve.config.ts`, `.js`, `.mjs` or `.json` says. */
export interface VarveConfig {
  /**
   * The toolchain, instead of varve's preset: plugins, lists of them, or names of modules that export some (`varve/preset`, a package,
   * `./file.mjs` beside the configuration, `./plugins/*.mjs`).
   */
  readonly plugins?: readonly (AnyPlugin | readonly AnyPlugin[] | string)[];
  /** Names of plugins to leave out of it. */
  readonly without?: readonly string[];
  /** Options of plugins, by plugin name. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Where images live; relative to the configuration. */
  readonly root?: string;
  /** What builds use unless they say otherwise. */
  readonly storage?: string;
  readonly executor?: string;
}

/** The same object, with its type checked by the editor. */
export const defineConfig = (config: VarveConfig): VarveConfig => config;

export interface Toolchain {
  readonly plugins: readonly AnyPlugin[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly root?: string | undefined;
  readonly storage?: string | undefined;
  readonly executor?: string | undefined;
  /** The file it came from. */
  readonly file?: string | undefined;
}

const NAMES = ['varve.config.ts', 'varve.config.js', 'varve.config.mjs', 'varve.config.json'];

/** Where a configuration is looked for. */
export const configPlaces = (cwd: string): readonly string[] => NAMES.map((name) => resolve(cwd, name));

/**
 * Reads the configuration: the file that is named, or the one in `cwd`, or none.
 * @throws VarveError `CONFIG_MISSING`, `CONFIG_INVALID`, `PLUGIN_UNKNOWN`
 */
export async function loadToolchain(cwd: string, named?: string): Promise<Toolchain> {
  const file = named === undefined ? configPlaces(cwd).find(existsSync) : resolve(cwd, named);
  if (file === undefined) return { plugins: await resolvePlugins(undefined, cwd), options: {} };
  if (!existsSync(file)) throw new VarveError('CONFIG_MISSING', `There is no configuration at ${file}`);
  const config = checkConfig(await readConfig(file), file);
  const all = await resolvePlugins(config.plugins, file);
  for (const name of config.without ?? [])
    if (!all.some((plugin) => plugin.name === name)) {
      const near = didYouMean(
        name,
        all.map((plugin) => plugin.name),
      );
      throw new VarveError('PLUGIN_UNKNOWN', `${file} leaves out "${name}", which is not among its plugins${near}`);
    }
  const { root, options = {}, storage, executor, without = [] } = config;
  const plugins = all.filter((plugin) => !without.includes(plugin.name));
  const place = root === undefined || isAbsolute(root) ? root : resolve(dirname(file), root);
  return { plugins, options, root: place, storage, executor, file };
}

async function readConfig(file: string): Promise<unknown> {
  try {
    if (file.endsWith('.json')) return JSON.parse(await readFile(file, 'utf8'));
    const loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    if (loaded.default === undefined) throw new VarveError('CONFIG_INVALID', `${file} exports no default`);
    return loaded.default;
  } catch (cause) {
    if (VarveError.is(cause)) throw cause;
    throw new VarveError('CONFIG_INVALID', `${file} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
}

const CHECKS: Readonly<Record<keyof VarveConfig, (value: unknown) => string | undefined>> = {
  plugins: (value) => (Array.isArray(value) ? undefined : 'a list'),
  without: (value) => (Array.isArray(value) && value.every((name) => typeof name === 'string') ? undefined : 'a list of names'),
  options: (value) => (isObject(value) ? undefined : 'an object, by plugin name'),
  root: (value) => (typeof value === 'string' && value !== '' ? undefined : 'a path'),
  storage: (value) => (typeof value === 'string' ? undefined : 'the name of a storage driver'),
  executor: (value) => (typeof value === 'string' ? undefined : 'the name of an executor'),
};

function checkConfig(value: unknown, file: string): VarveConfig {
  if (!isObject(value)) throw new VarveError('CONFIG_INVALID', `${file}: expected an object, found ${JSON.stringify(value)}`);
  const names = Object.keys(CHECKS);
  const problems = Object.entries(value).flatMap(([name, member]) => {
    if (!names.includes(name)) return [`${name}: there is no such member${didYouMean(name, names)}`];
    const expected = member === undefined ? undefined : CHECKS[name as keyof VarveConfig](member);
    return expected === undefined ? [] : [`${name}: expected ${expected}, found ${JSON.stringify(member)}`];
  });
  if (problems.length > 0) throw new VarveError('CONFIG_INVALID', [`${file} is not valid:`, ...problems].join('\n  '));
  return value;
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
