import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AnyPlugin, messageOf, VarveError } from '@varve/core';
import type { VarveConfig } from './config.ts';

/** Plugins as the configuration names them; without any, varve's preset. @throws VarveError `PLUGIN_UNKNOWN`, `CONFIG_INVALID` */
export async function resolvePlugins(entries: VarveConfig['plugins'], configFile: string): Promise<readonly AnyPlugin[]> {
  if (entries === undefined) return await preset();
  const lists = await Promise.all(entries.map((entry) => pluginsOf(entry, configFile)));
  return lists.flat();
}

/** Loaded late, so that a toolchain without the preset loads none of it. */
const preset = async (): Promise<readonly AnyPlugin[]> => (await import('./preset.ts')).preset;

type Entry = NonNullable<VarveConfig['plugins']>[number];
async function pluginsOf(entry: Entry, configFile: string): Promise<readonly AnyPlugin[]> {
  if (entry === 'varve/preset') return await preset();
  if (typeof entry === 'string' && isPattern(entry)) return await pluginsOfPattern(entry, configFile);
  if (typeof entry === 'string') return await pluginsOfModule(entry, configFile);
  const found = pluginsIn(entry);
  if (found.length > 0) return found;
  throw new VarveError('CONFIG_INVALID', `${configFile}: plugins: expected plugins or names of modules, found ${JSON.stringify(entry)}`);
}

/** A path with wildcards; names of packages have none. */
const isPattern = (entry: string): boolean => /^\.{0,2}\//.test(entry) && /[*?{[]/.test(entry);

async function pluginsOfPattern(pattern: string, configFile: string): Promise<readonly AnyPlugin[]> {
  const { default: glob } = await import('fast-glob'); // loaded when first needed
  const files = await glob(pattern, { cwd: dirname(configFile), absolute: true });
  if (files.length === 0) throw new VarveError('PLUGIN_UNKNOWN', `No file beside ${configFile} is called ${pattern}`);
  const lists = await Promise.all(files.sort().map((file) => pluginsOfModule(file, configFile)));
  return lists.flat();
}

async function pluginsOfModule(name: string, configFile: string): Promise<readonly AnyPlugin[]> {
  const url = whereIs(name, configFile);
  let loaded: object;
  try {
    loaded = (await import(url)) as object;
  } catch (cause) {
    throw new VarveError('PLUGIN_UNKNOWN', `The plugin module "${name}" cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  const found = [...new Set(Object.values(loaded).flatMap(pluginsIn))];
  if (found.length > 0) return found;
  throw new VarveError('PLUGIN_UNKNOWN', `The module "${name}" exports no plugin`, { hint: 'A plugin is what `definePlugin` returns.' });
}

function whereIs(name: string, configFile: string): string {
  if (/^\.{0,2}\//.test(name)) return pathToFileURL(resolve(dirname(configFile), name)).href;
  try {
    return pathToFileURL(createRequire(configFile).resolve(name)).href;
  } catch (cause) {
    throw new VarveError('PLUGIN_UNKNOWN', `No plugin module "${name}" is installed beside ${configFile}`, {
      cause,
      hint: `npm install ${name}`,
    });
  }
}

function pluginsIn(value: unknown): readonly AnyPlugin[] {
  if (Array.isArray(value)) return value.flatMap(pluginsIn);
  return isPlugin(value) ? [value] : [];
}
const isPlugin = (value: unknown): value is AnyPlugin =>
  typeof value === 'object' && value !== null && 'name' in value && 'core' in value && 'apply' in value;
