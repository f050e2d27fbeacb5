import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '@varve/core';

/** What a device brings into a container (CNCF Container Device Interface, `containerEdits`). */
export interface ContainerEdits {
  readonly env: readonly string[];
  readonly deviceNodes: readonly { readonly path: string; readonly hostPath?: string; readonly permissions?: string }[];
  readonly mounts: readonly { readonly hostPath: string; readonly containerPath: string; readonly options?: readonly string[] }[];
  /** Programs that would have to run on the host: named, never run. */
  readonly hooks: readonly unknown[];
}

/** Where hosts say which devices they have; what comes later counts. */
const DIRECTORIES: readonly string[] = ['/etc/cdi', '/var/run/cdi'];
/** Bytes. */
const LARGEST = 1 << 20;

export interface CdiDevices {
  /** By qualified name: `vendor.com/class=name`. */
  readonly devices: ReadonlyMap<string, ContainerEdits>;
  /** Specifications that were not read: they are YAML. */
  readonly unread: readonly string[];
}

/** The devices that this host's specifications name. @throws VarveError `RUN_DEVICE` for one that cannot be read */
export function readCdiDevices(directories = DIRECTORIES): CdiDevices {
  const files = directories.flatMap((directory) => listFiles(directory).map((name) => join(directory, name)));
  const devices = new Map<string, ContainerEdits>();
  for (const file of files.filter((path) => path.endsWith('.json'))) {
    for (const [name, edits] of readSpecification(file)) devices.set(name, edits);
  }
  return { devices, unread: files.filter((path) => /\.ya?ml$/.test(path)) };
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return []; // most hosts have none
  }
}

function readSpecification(file: string): readonly (readonly [string, ContainerEdits])[] {
  const fail = (cause: unknown): VarveError =>
    new VarveError('RUN_DEVICE', `The CDI specification ${file} cannot be read: expected JSON with kind and devices`, { cause });
  let specification: unknown;
  try {
    const bytes = readFileSync(file);
    if (bytes.length > LARGEST) throw new RangeError(`${bytes.length} bytes`);
    specification = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw fail(cause);
  }
  const { kind, devices, containerEdits } = recordOf(specification);
  if (typeof kind !== 'string' || !Array.isArray(devices)) throw fail(undefined);
  const common = editsOf(containerEdits);
  return devices.map((device) => {
    const { name, containerEdits: own } = recordOf(device);
    return [`${kind}=${String(name)}`, joinEdits(common, editsOf(own))] as const;
  });
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.map(recordOf) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(textOf) : []);

function editsOf(value: unknown): ContainerEdits {
  const { env, deviceNodes, mounts, hooks } = recordOf(value);
  return {
    env: textsOf(env),
    deviceNodes: listOf(deviceNodes).map(({ path, hostPath, permissions }) => ({
      path: textOf(path),
      hostPath: textOf(hostPath) || textOf(path),
      permissions: textOf(permissions) || 'rwm',
    })),
    mounts: listOf(mounts).map(({ hostPath, containerPath, options }) => ({
      hostPath: textOf(hostPath),
      containerPath: textOf(containerPath),
      options: textsOf(options),
    })),
    hooks: listOf(hooks),
  };
}

const joinEdits = (a: ContainerEdits, b: ContainerEdits): ContainerEdits => ({
  env: [...a.env, ...b.env],
  deviceNodes: [...a.deviceNodes, ...b.deviceNodes],
  mounts: [...a.mounts, ...b.mounts],
  hooks: [...a.hooks, ...b.hooks],
});
