import type { FrontendRequest } from '@varve/core';
import { formatPlatform, type Platform } from '@varve/core/image';
import type { ExpandOptions } from '../expand/expand-word.ts';
import { expandWord } from '../expand/expand-word.ts';
import type { Dockerfile } from '../instructions/instruction.ts';
import { located } from './located.ts';

/** Its value may be `context`: the time of that. */
export const EPOCH = 'SOURCE_DATE_EPOCH';
const PROXIES: readonly string[] = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** Arguments that mean something to builders whether or not an ARG asks for them. */
const KNOWN = /^BUILDKIT_|^(?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|STAGE)$|^SOURCE_DATE_EPOCH$/;

export type GlobalArguments = ReadonlyMap<string, string>;

/** What FROM sees, and what a stage's `ARG name` takes its value from: the platforms and every ARG before the first FROM. */
export function globalArguments(dockerfile: Dockerfile, request: FrontendRequest, options: ExpandOptions): GlobalArguments {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(platformArguments(dockerfile, request)))
    values.set(name, ownValue(request.args, name) ?? value);
  for (const { declarations, source } of dockerfile.globals) {
    for (const { name, value } of declarations) {
      const given = ownValue(request.args, name);
      const known = given ?? (value === undefined ? undefined : located(source, () => expandWord(value, values, options).value));
      if (known !== undefined) values.set(name, name === EPOCH && known === 'context' ? String(request.contextTime ?? '') : known);
    }
  }
  return values;
}

/** Of a plain record, without what it inherits: `--build-arg` names come from outside. */
export const ownValue = (record: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

function platformArguments({ stages }: Dockerfile, { platform, buildPlatform, target }: FrontendRequest): Readonly<Record<string, string>> {
  const TARGETSTAGE = target || stages.at(-1)?.from.name || 'default';
  return { ...describe('BUILD', buildPlatform), ...describe('TARGET', platform), TARGETSTAGE };
}

function describe(prefix: string, platform: Platform): Readonly<Record<string, string>> {
  return {
    [`${prefix}PLATFORM`]: formatPlatform(platform),
    [`${prefix}OS`]: platform.os,
    [`${prefix}OSVERSION`]: '',
    [`${prefix}ARCH`]: platform.architecture,
    [`${prefix}VARIANT`]: platform.variant ?? '',
  };
}

const isProxy = (name: string): boolean => PROXIES.includes(name.toUpperCase());

/** Proxy arguments as environment: both spellings of each, since programs ask for one or the other. */
export function proxyEnvironment(args: Readonly<Record<string, string>>): readonly string[] {
  const proxies = Object.entries(args).filter(([name]) => isProxy(name));
  return proxies.flatMap(([name, value]) => [`${name.toUpperCase()}=${value}`, `${name.toLowerCase()}=${value}`]);
}

/** Arguments that someone gave and no ARG asks for; those with a meaning of their own need none. */
export function unusedArguments(args: Readonly<Record<string, string>>, asked: ReadonlySet<string>): readonly string[] {
  const hasMeaning = (name: string): boolean => isProxy(name) || KNOWN.test(name);
  return Object.keys(args).filter((name) => !asked.has(name) && !hasMeaning(name));
}

/** Everything that some ARG of the file asks for. */
export function askedArguments({ globals, stages }: Dockerfile): Set<string> {
  const asked = new Set<string>();
  for (const each of globals) for (const { name } of each.declarations) asked.add(name);
  for (const { instructions } of stages) {
    for (const each of instructions) if (each.kind === 'arg') for (const { name } of each.declarations) asked.add(name);
  }
  return asked;
}
