import { statSync } from 'node:fs';
import { type Mount, type ProcessDevice, type RunStep, VarveError } from '@varve/core';
import { type ContainerEdits, readCdiDevices } from './cdi.ts';

/** What the devices of a step come to. */
export interface StepDevices {
  readonly devices: readonly ProcessDevice[];
  readonly env: readonly string[];
  readonly mounts: readonly (Mount & { readonly target: string })[];
  /** Not required, and not on this host. */
  readonly missing: readonly string[];
}

/** Looks up what `RUN --device` names: a path of this host, or a CDI device. @throws VarveError `RUN_DEVICE`, `RUN_DEVICE_MISSING` */
export function findDevices({ devices = [], source }: RunStep, directories?: readonly string[]): StepDevices {
  const missing: string[] = [];
  const found: ContainerEdits[] = [];
  for (const { name, required } of devices) {
    const edits = name.startsWith('/') ? byPath(name) : byName(name, directories);
    if (edits === undefined && required) throw notThere(name, { source, directories });
    if (edits === undefined) missing.push(name);
    else if (edits.hooks.length > 0) throw new VarveError('RUN_DEVICE', `The device ${name} wants hooks to be run on the host`, { source });
    else found.push(edits);
  }
  return {
    devices: found.flatMap(({ deviceNodes }) =>
      deviceNodes.map(({ path, hostPath = path, permissions = 'rwm' }) => ({ source: hostPath, target: path, permissions })),
    ),
    env: found.flatMap(({ env }) => env),
    mounts: found.flatMap(({ mounts }) =>
      mounts.map(({ hostPath, containerPath, options = [] }) => ({
        type: 'bind' as const,
        source: hostPath,
        target: containerPath,
        options: ['bind', options.includes('rw') ? 'rw' : 'ro'],
      })),
    ),
    missing,
  };
}

function byPath(path: string): ContainerEdits | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isCharacterDevice() && !stat?.isBlockDevice()) return undefined;
  return { env: [], deviceNodes: [{ path }], mounts: [], hooks: [] };
}

const byName = (name: string, directories?: readonly string[]): ContainerEdits | undefined => readCdiDevices(directories).devices.get(name);

function notThere(
  name: string,
  { source, directories }: { source: RunStep['source']; directories?: readonly string[] | undefined },
): VarveError {
  const message = `required device ${JSON.stringify(name)} is not on this host`;
  if (name.startsWith('/')) return new VarveError('RUN_DEVICE_MISSING', message, { source, hint: 'It is no device file.' });
  if (!/^[\w.-]+\/[\w-]+=/.test(name))
    return new VarveError('RUN_DEVICE_MISSING', `invalid device name ${name}: unqualified device ${JSON.stringify(name)}, missing vendor`, {
      source,
      hint: 'Write vendor.com/class=name, or the path of a device file.',
    });
  const { devices, unread } = readCdiDevices(directories);
  const known = [...devices.keys()].slice(0, 10).join(', ');
  const hint = unread.length > 0 ? `CDI specifications in YAML are not read: write ${unread[0]} as JSON.` : `Known: ${known || 'none'}`;
  return new VarveError('RUN_DEVICE_MISSING', message, { source, hint });
}
