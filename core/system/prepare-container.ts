import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findDevices } from './container/devices.ts';
import type { HostDevice, ProcessDevice } from './container/request.ts';
import { findProgram, type Program } from './find-program.ts';
import { DEFAULT_HOSTNAME } from './launch/defaults.ts';
import type { LaunchUser } from './launch/plan.ts';
import type { MountRequest } from './mount.ts';
import { type MountTarget, makeDirectory, prepareMountPoints } from './mount-points.ts';
import { type DnsSettings, hostsFile, resolvConf } from './network-files.ts';
import { RootView } from './root-view.ts';
import { uniqueName } from './unique-name.ts';

/** What a process needs of its root; executors have it from `ProcessSpec`. */
export interface ContainerRequest {
  readonly root: string;
  readonly mounts: readonly ContainerMount[];
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: LaunchUser;
  readonly hostname?: string | undefined;
  readonly hosts?: readonly (readonly [string, string])[] | undefined;
  readonly dns?: DnsSettings | undefined;
  readonly devices?: readonly ProcessDevice[] | undefined;
  /** Device nodes can be opened everywhere. */
  readonly privileged?: boolean | undefined;
}
/** `target` is absolute inside the root. */
export interface ContainerMount extends MountRequest {
  readonly cwd?: string | undefined;
}

export interface ReadyMount extends ContainerMount {
  /** Of the mount point. */
  readonly over: 'file' | 'directory';
  /** The mount point lies in an earlier mount whose content nobody can see yet, and is to be made in it. */
  readonly make: boolean;
}

/** A root in which everything waits for the mounts. What was made for that goes when it is disposed of. */
export interface Container extends Disposable {
  /** A directory for files of this run. */
  readonly dir: string;
  /** Where /proc, /dev and /sys are to be mounted; the rest follows in order. Paths are the root's, without symlinks. */
  readonly system: { readonly proc: string; readonly dev: string; readonly sys: string };
  readonly mounts: readonly ReadyMount[];
  /** Those that were asked for, which are among the mounts. */
  readonly devices: readonly HostDevice[];
  readonly cwd: { readonly path: string; readonly make: boolean };
  readonly program: Program;
}

/**
 * Gets a root ready for a process: mount points, also for /etc/hosts, /etc/resolv.conf and /etc/hostname, the working directory, which
 * stays, and where the program is. Every mount but that of a device becomes `nodev` (see `deviceSteps`).
 *
 * @throws VarveError `MOUNT_POINT`, `ROOT_PATH`; nothing is left then
 */
export function prepareContainer(request: ContainerRequest, options: { readonly tmp: string }): Container {
  const dir = join(options.tmp, `run-${uniqueName()}`);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const undone: (() => void)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const undo = (): void => {
    for (const each of undone.splice(0).reverse()) each();
  };
  try {
    const view = new RootView(request.root);
    const place = (targets: readonly MountTarget[]): readonly string[] => {
      const points = prepareMountPoints(view, targets);
      undone.push(points.undo);
      return points.paths;
    };
    const [proc = '', dev = '', sys = ''] = place(['/proc', '/dev', '/sys'].map((target) => ({ target, type: 'directory' as const })));
    const mounts: ReadyMount[] = [];
    const add = (mount: ContainerMount, nodev = request.privileged !== true): void => {
      const over = isBind(mount) ? typeOf(mount.source) : 'directory';
      const source = isBind(mount) ? mount.source : undefined;
      const make = view.resolve(mount.target).host === undefined;
      const [target = ''] = place([{ target: mount.target, type: over, source, readOnly: mount.options?.includes('ro') === true }]);
      mounts.push({ ...mount, target, over, make, options: completeOptions(mount, nodev) });
    };
    for (const mount of request.mounts) add(mount);
    const devices = findDevices(request.devices ?? []);
    for (const { source, target } of devices) add({ source, target, type: 'bind' }, false);
    const taken = new Set(mounts.map(({ target }) => target));
    for (const mount of writeNetworkFiles(request, dir)) {
      const at = view.resolve(mount.target);
      if (!taken.has(at.path) && !(at.readOnly && at.stats === undefined)) add(mount);
    }
    const at = makeDirectory(view, request.cwd);
    const cwd = { path: at.path, make: at.host === undefined };
    const { args, env, user } = request;
    const program = findProgram(view, { name: args[0] ?? '', env, cwd: at.path, user });
    return { dir, system: { proc, dev, sys }, mounts, devices, cwd, program, [Symbol.dispose]: undo };
  } catch (failure) {
    undo();
    throw failure;
  }
}

const completeOptions = (mount: ContainerMount, nodev: boolean): readonly string[] => {
  const { options = [] } = mount;
  const bind = isBind(mount) && !options.includes('bind') && !options.includes('rbind');
  return [...(bind ? ['bind'] : []), ...options, ...(nodev ? ['nodev'] : [])];
};
const isBind = ({ type, options = [] }: MountRequest): boolean => type === 'bind' || options.includes('bind') || options.includes('rbind');
const typeOf = (source: string): 'file' | 'directory' => (statSync(source).isDirectory() ? 'directory' : 'file');

function writeNetworkFiles({ hostname = DEFAULT_HOSTNAME, hosts, dns }: ContainerRequest, dir: string): readonly ContainerMount[] {
  const files = { hosts: hostsFile(hostname, hosts), 'resolv.conf': resolvConf(undefined, dns), hostname: `${hostname}\n` };
  return Object.entries(files).map(([name, content]) => {
    const source = join(dir, name);
    writeFileSync(source, content, { mode: 0o644 });
    return { source, target: `/etc/${name}`, type: 'bind', options: ['bind'] };
  });
}
