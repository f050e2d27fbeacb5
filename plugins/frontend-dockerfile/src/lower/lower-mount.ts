import { posix } from 'node:path';
import type { RunMount, TreeRef } from '@varve/core';
import { type MountOptions, parseMount } from '../instructions/mount.ts';
import { quote } from '../parser/text.ts';
import { ownValue } from './build-arguments.ts';
import { resolvePath } from './lower-workdir.ts';
import type { StageScope } from './stage-scope.ts';

const SECRETS = '/run/secrets';
/** A build argument: builds that give it share no caches with those that do not. */
const NAMESPACE = 'BUILDKIT_CACHE_MOUNT_NS';

/** A `--mount` of RUN, its variables expanded and its defaults filled in. */
export function lowerMount(text: string, scope: StageScope): RunMount {
  const options = parseMount(text, scope.expand, scope.fail);
  switch (options.type) {
    case 'bind':
      return bindMount(options, scope);
    case 'cache':
      return cacheMount(options, scope);
    case 'tmpfs':
      return { type: 'tmpfs', target: targetOf(options, scope), size: options.size };
    case 'secret':
      return secretMount(options, scope);
    case 'ssh':
      return sshMount(options, scope);
    default:
      return options.type satisfies never;
  }
}

export const treeOfMount = (mount: RunMount): TreeRef | undefined =>
  mount.type === 'bind' || mount.type === 'cache' ? mount.from : undefined;

function bindMount(options: MountOptions, scope: StageScope): RunMount {
  const from: TreeRef = options.from ? scope.tree(options.from) : { kind: 'context' };
  const source = resolvePath('/', options.source ?? '');
  return { type: 'bind', from, source, target: targetOf(options, scope), writable: options.writable ?? false };
}

function cacheMount(options: MountOptions, scope: StageScope): RunMount {
  const target = targetOf(options, scope);
  const namespace = ownValue(scope.build.args, NAMESPACE);
  const id = options.id || posix.normalize(options.target ?? '').replace(/(?<=.)\/$/, '');
  return {
    type: 'cache',
    id: namespace ? `${namespace}/${id}` : id,
    target,
    sharing: options.sharing ?? 'shared',
    from: options.from ? scope.tree(options.from) : undefined,
    source: options.source === undefined ? undefined : resolvePath('/', options.source),
    mode: options.mode ?? 0o755,
    uid: options.uid ?? 0,
    gid: options.gid ?? 0,
    writable: options.writable ?? true,
  };
}

function secretMount(options: MountOptions, { state, fail }: StageScope): RunMount {
  const { target, env } = options;
  const id = options.source || options.id || (target ? posix.basename(target) : '');
  if (id === '') fail('one of source, target required', '--mount=type=secret,id=<name>');
  const file = target ? resolvePath(state.workingDir, target) : env ? undefined : `${SECRETS}/${posix.basename(id)}`;
  return { type: 'secret', id, target: file, env, required: options.required ?? false, ...ownership(options, 0o400) };
}

function sshMount(options: MountOptions, { state }: StageScope): RunMount {
  const target = options.target ? resolvePath(state.workingDir, options.target) : undefined;
  const id = options.source || options.id || 'default';
  return { type: 'ssh', id, target, required: options.required ?? false, ...ownership(options, 0o600) };
}

function ownership({ mode, uid, gid }: MountOptions, defaultMode: number): { mode: number; uid: number; gid: number } {
  return { mode: mode ?? defaultMode, uid: uid ?? 0, gid: gid ?? 0 };
}

function targetOf({ target = '' }: MountOptions, { state, fail }: StageScope): string {
  const path = resolvePath(state.workingDir, target);
  return path === '/' ? fail(`invalid mount target ${quote(path)}`, 'target=<directory>') : path;
}
