import { resolve } from 'node:path';
import { cleanPath } from '@varve/core/archive';
import { listOf, usageError, type Values } from '@varve/core/command';
import type { AskedMount, CreateRequest } from './create-request.ts';
import { readSize } from './read-limits.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** All of `--volume`, `--mount` and `--tmpfs`. @throws VarveError `USAGE` */
export function readMounts(values: Values): readonly AskedMount[] {
  const mounts = [
    ...listOf(values, 'volume').map(readVolume),
    ...listOf(values, 'mount').map(readMount),
    ...listOf(values, 'tmpfs').map(readTmpfs),
  ];
  const targets = new Set<string>();
  for (const { target } of mounts) {
    if (targets.has(target)) throw usageError(`Duplicate mount point: ${target}`);
    targets.add(target);
  }
  return mounts;
}

/** `[source:]target[:options]`. */
function readVolume(text: string): AskedMount {
  const parts = text.split(':');
  const [first = '', second, third] = parts;
  if (parts.length > 3 || first === '') throw invalid(text);
  if (second === undefined) return { ...VOLUME, target: targetOf(first, text), anonymous: true };
  const options = (third ?? '').split(',').filter((option) => option !== '');
  for (const option of options)
    if (!VOLUME_OPTIONS.has(option)) throw usageError(`invalid volume specification: '${text}': invalid mode: ${option}`);
  const target = targetOf(second, text);
  const readOnly = options.includes('ro');
  if (NAME.test(first)) return { ...VOLUME, name: first, target, readOnly, copy: !options.includes('nocopy') };
  if (!/^[./~]/.test(first))
    throw usageError(
      `"${first}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed`,
      'A directory of the host begins with / or ./',
    );
  return { type: 'bind', source: resolve(first), target, readOnly, makeSource: true, options: propagation(options) };
}

const VOLUME = { type: 'volume', readOnly: false, anonymous: false, copy: true } as const;
const PROPAGATIONS = ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'];
const VOLUME_OPTIONS = new Set(['rw', 'ro', 'z', 'Z', 'nocopy', 'cached', 'delegated', 'consistent', ...PROPAGATIONS]);
const propagation = (options: readonly string[]): readonly string[] => options.filter((option) => PROPAGATIONS.includes(option));

/** `type=…,source=…,target=…,readonly`. */
function readMount(text: string): AskedMount {
  const members = new Map<string, string>();
  for (const word of text.split(',')) {
    const at = word.indexOf('=');
    const name = (at === -1 ? word : word.slice(0, at)).trim().toLowerCase();
    members.set(ALIASES[name] ?? name, at === -1 ? 'true' : word.slice(at + 1));
  }
  const type = members.get('type') ?? 'volume';
  const target = targetOf(members.get('target') ?? '', text);
  for (const name of members.keys()) if (!MOUNT_MEMBERS.has(name)) throw usageError(`unexpected key '${name}' in '${text}'`);
  const readOnly = ['true', '1'].includes(members.get('readonly') ?? 'false');
  const source = members.get('source');
  switch (type) {
    case 'bind': {
      if (source === undefined || source === '') throw usageError(`invalid mount config for type "bind": field Source must not be empty`);
      const spread = members.get('bind-propagation');
      return { type, source: resolve(source), target, readOnly, makeSource: false, options: spread === undefined ? [] : [spread] };
    }
    case 'volume': {
      const copy = !['true', '1'].includes(members.get('volume-nocopy') ?? 'false');
      if (source === undefined || source === '') return { ...VOLUME, target, readOnly, copy, anonymous: true };
      if (!NAME.test(source)) throw usageError(`"${source}" includes invalid characters for a local volume name`);
      return { ...VOLUME, name: source, target, readOnly, copy };
    }
    case 'tmpfs': {
      const size = readSize('mount tmpfs-size', members.get('tmpfs-size'));
      const mode = members.get('tmpfs-mode');
      return tmpfs(target, [...(size === undefined ? [] : [`size=${size}`]), ...(mode === undefined ? [] : [`mode=${mode}`])]);
    }
    default:
      throw usageError(`invalid mount type "${type}" in '${text}'`, 'There are bind, volume and tmpfs.');
  }
}

const ALIASES: Readonly<Record<string, string>> = { src: 'source', dst: 'target', destination: 'target', ro: 'readonly' };
const MOUNT_MEMBERS = new Set([
  'type',
  'source',
  'target',
  'readonly',
  'bind-propagation',
  'volume-nocopy',
  'tmpfs-size',
  'tmpfs-mode',
  'consistency',
]);

function readTmpfs(text: string): AskedMount {
  const at = text.indexOf(':');
  const options = at === -1 ? [] : text.slice(at + 1).split(',');
  for (const option of options)
    if (
      !/^(rw|ro|exec|noexec|suid|nosuid|dev|nodev|sync|atime|noatime|(size|mode|uid|gid|nr_inodes|nr_blocks)=[0-9a-zA-Z%]+)$/.test(option)
    )
      throw usageError(`--tmpfs ${text}: invalid tmpfs option "${option}"`);
  return tmpfs(targetOf(at === -1 ? text : text.slice(0, at), text), options);
}

function tmpfs(target: string, given: readonly string[]): AskedMount {
  const has = (name: string) => given.some((option) => option.split('=')[0] === name);
  const defaults = [...(has('exec') ? [] : ['noexec']), ...(has('suid') ? [] : ['nosuid']), ...(has('mode') ? [] : ['mode=1777'])];
  return { type: 'tmpfs', target, options: [...defaults, 'nodev', ...given.filter((option) => !['dev', 'exec', 'suid'].includes(option))] };
}

/** @throws VarveError `USAGE` */
export function readVolumesFrom(texts: readonly string[]): CreateRequest['volumesFrom'] {
  return texts.map((text) => {
    const [, container = '', mode] = /^(.+?)(?::(ro|rw))?$/.exec(text) ?? [];
    return { container, readOnly: mode === 'ro' };
  });
}

function targetOf(path: string, text: string): string {
  const clean = cleanPath(path);
  if (!path.startsWith('/'))
    throw usageError(`invalid volume specification: '${text}': invalid mount path: '${path}' mount path must be absolute`);
  if (clean === '') throw usageError(`invalid volume specification: '${text}': invalid specification: destination can't be '/'`);
  return `/${clean}`;
}

const invalid = (text: string) => usageError(`invalid volume specification: '${text}'`);
