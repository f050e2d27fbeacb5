import { existsSync, mkdirSync } from 'node:fs';
import { type ExecSpec, type ProcessSpec, type TerminalSize, VarveError } from '@varve/core';
import { accountsInRoot, findUser } from '@varve/core/archive';
import { mergeEnv } from '@varve/core/image';
import type { ExecRequest } from '../client/frames.ts';
import { argsOf } from '../create/config-of.ts';
import type { ContainerStore } from '../engine.ts';
import type { ContainerMount, ContainerRecord, ContainerSpec } from '../state/container-record.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** The first process of a container, in a root that is there. */
export async function processSpec(
  { spec }: ContainerRecord,
  { root, store, size = DEFAULT_SIZE }: { readonly root: string; readonly store: ContainerStore; readonly size?: TerminalSize | undefined },
): Promise<ProcessSpec> {
  const { home, ...user } = await findUser(accountsInRoot(root), spec.config.User ?? '');
  const { limits } = spec;
  return {
    root,
    mounts: spec.mounts.map((mount) => mountOf(mount, store)),
    args: argsOf(spec.config),
    env: environment(spec, { home, tty: spec.tty }),
    cwd: spec.config.WorkingDir || '/',
    user,
    network: spec.network,
    hostname: spec.hostname,
    hosts: spec.hosts,
    dns: spec.dns,
    shmSize: spec.shmSize,
    ulimits: spec.ulimits,
    terminal: spec.tty ? size : undefined,
    readOnly: spec.readOnly || undefined,
    privileged: spec.privileged || undefined,
    capabilities: (spec.capabilities.add ?? []).length + (spec.capabilities.drop ?? []).length > 0 ? spec.capabilities : undefined,
    devices: spec.devices.length > 0 ? spec.devices : undefined,
    limits: Object.keys(limits).length > 0 ? limits : undefined,
    init: spec.init || undefined,
    noNewPrivileges: spec.noNewPrivileges || undefined,
    ports: spec.ports.length > 0 && spec.network !== 'host' ? spec.ports : undefined, // there, all of them are reached as they are
  };
}

/** One more process in a container whose first one is `pid`. */
export async function execSpec(
  { spec }: ContainerRecord,
  { exec, pid, size = DEFAULT_SIZE }: { readonly exec: ExecRequest; readonly pid: number; readonly size?: TerminalSize | undefined },
): Promise<ExecSpec> {
  const { home, ...user } = await findUser(accountsInRoot(`/proc/${pid}/root`), exec.user ?? spec.config.User ?? '');
  return {
    args: exec.args,
    env: mergeEnv(environment(spec, { home, tty: exec.tty }), exec.env),
    cwd: exec.cwd ?? (spec.config.WorkingDir || '/'),
    user,
    terminal: exec.tty ? size : undefined,
    privileged: exec.privileged || undefined,
  };
}

function environment(
  { hostname, config }: ContainerSpec,
  { home, tty }: { readonly home: string; readonly tty: boolean },
): readonly string[] {
  const given = config.Env ?? [];
  const base = [DEFAULT_PATH, `HOSTNAME=${hostname}`, ...(tty ? ['TERM=xterm'] : [])];
  const env = mergeEnv(base, given);
  return env.some((entry) => entry.startsWith('HOME=')) ? env : [...env, `HOME=${home}`];
}

function mountOf(mount: ContainerMount, { places, volumes }: ContainerStore): ProcessSpec['mounts'][number] {
  switch (mount.type) {
    case 'tmpfs':
      return { type: 'tmpfs', source: 'tmpfs', target: mount.target, options: mount.options };
    case 'volume':
      volumes.create({ name: mount.name });
      return {
        type: 'bind',
        source: places.volumeData(mount.name),
        target: mount.target,
        options: ['rbind', mount.readOnly ? 'ro' : 'rw'],
      };
    case 'bind':
      if (mount.makeSource && !existsSync(mount.source)) mkdirSync(mount.source, { recursive: true });
      if (!existsSync(mount.source)) throw missingSource(mount.source);
      return {
        type: 'bind',
        source: mount.source,
        target: mount.target,
        options: ['rbind', mount.readOnly ? 'ro' : 'rw', ...mount.options],
      };
    default:
      return mount satisfies never;
  }
}

export const missingSource = (path: string): VarveError =>
  new VarveError('CONTAINER_MOUNT', `invalid mount config for type "bind": bind source path does not exist: ${path}`, {
    hint: '--volume makes a directory where there is none.',
  });
