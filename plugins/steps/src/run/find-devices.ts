import { statSync } from 'node:fs';
import { type Mount, type ProcessDevice, type ProcessHook, type RunStep, VarveError } from '@varve/core';
import { type CdiDevices, type ContainerEdits, readCdiDevices } from './cdi.ts';

/** What the devices of a step come to. */
export interface StepDevices {
  readonly devices: readonly ProcessDevice[];
  readonly env: readonly string[];
  readonly mounts: readonly (Mount & { readonly target: string })[];
  readonly hooks: readonly ProcessHook[];
  /** Not required, and not on this host. */
  readonly missing: readonly string[];
}

/** Looks up what `RUN --device` names: a path of this host, or a CDI device. @throws VarveError `RUN_DEVICE`, `RUN_DEVICE_MISSING` */
export async function findDevices({ devices = [], source }: RunStep, directories?: readonly string[]): Promise<StepDevices> {
  const known: CdiDevices = devices.some(({ name }) => !name.startsWith('/')) ? await readCdiDevices(directories) : new Map();
  const missing: string[] = [];
  const found: ContainerEdits[] = [];
  for (const { name, required } of devices) {
    const edits = name.startsWith('/') ? byPath(name) : known.get(name);
    if (edits === undefined && required) throw notThere(name, { source, known });
    if (edits === undefined) missing.push(name);
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
    hooks: found.flatMap(({ hooks }) => hooks),
    missing,
  };
}

function byPath(path: string): ContainerEdits | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isCharacterDevice() && !stat?.isBlockDevice()) return undefined;
  return { env: [], deviceNodes: [{ path }], mounts: [], hooks: [] };
}

function notThere(name: string, { source, known }: { source: RunStep['source']; known: CdiDevices }): VarveError {
  const message = `required device ${JSON.stringify(name)} is not on this host`;
  if (name.startsWith('/')) return new VarveError('RUN_DEVICE_MISSING', message, { source, hint: 'It is no device file.' });
  if (!/^[\w.-]+\/[\w-]+=/.test(name))
    return new VarveError('RUN_DEVICE_MISSING', `invalid device name ${name}: unqualified device ${JSON.stringify(name)}, missing vendor`, {
      source,
      hint: 'Write vendor.com/class=name, or the path of a device file.',
    });
  const names = [...known.keys()].slice(0, 10).join(', ');
  return new VarveError('RUN_DEVICE_MISSING', message, { source, hint: `Known: ${names || 'none'}` });
}
