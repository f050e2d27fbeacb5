import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessHook, VarveError } from '@varve/core';

/** What a device brings into a container (CNCF Container Device Interface, `containerEdits`). */
export interface ContainerEdits {
  readonly env: readonly string[];
  readonly deviceNodes: readonly { readonly path: string; readonly hostPath?: string; readonly permissions?: string }[];
  readonly mounts: readonly { readonly hostPath: string; readonly containerPath: string; readonly options?: readonly string[] }[];
  /** Programs of the host that get it ready, which not every executor can run. */
  readonly hooks: readonly ProcessHook[];
}

/** Where hosts say which devices they have; what comes later counts. */
const DIRECTORIES: readonly string[] = ['/etc/cdi', '/var/run/cdi'];
/** Bytes. */
const LARGEST = 1 << 20;

/** By qualified name: `vendor.com/class=name`. */
export type CdiDevices = ReadonlyMap<string, ContainerEdits>;

/** The devices that this host's specifications name. @throws VarveError `RUN_DEVICE` for one that cannot be read */
export async function readCdiDevices(directories = DIRECTORIES): Promise<CdiDevices> {
  const files = directories.flatMap((directory) => listFiles(directory).map((name) => join(directory, name)));
  const devices = new Map<string, ContainerEdits>();
  for (const file of files.filter((path) => /\.(?:json|ya?ml)$/.test(path)))
    for (const [name, edits] of await readSpecification(file)) devices.set(name, edits);
  return devices;
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return []; // most hosts have none
  }
}

async function readSpecification(file: string): Promise<readonly (readonly [string, ContainerEdits])[]> {
  const fail = (cause: unknown): VarveError =>
    new VarveError('RUN_DEVICE', `The CDI specification ${file} cannot be read: expected kind and devices`, { cause });
  let specification: unknown;
  try {
    const bytes = readFileSync(file);
    if (bytes.length > LARGEST) throw new RangeError(`${bytes.length} bytes`);
    specification = await parse(file, bytes.toString('utf8'));
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

async function parse(file: string, text: string): Promise<unknown> {
  if (file.endsWith('.json')) return JSON.parse(text);
  const yaml = await import('yaml'); // few hosts have one
  return yaml.parse(text, { schema: 'core', maxAliasCount: 100 });
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
    hooks: listOf(hooks).map(hookOf),
  };
}

const MOMENTS: readonly string[] = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'];

function hookOf({ hookName, path, args, env, timeout }: Readonly<Record<string, unknown>>): ProcessHook {
  if (!MOMENTS.includes(textOf(hookName)) || !textOf(path).startsWith('/'))
    throw new VarveError('RUN_DEVICE', `A CDI specification has a hook that is none: ${JSON.stringify({ hookName, path })}`);
  return {
    when: hookName as ProcessHook['when'], // one of those above
    path: textOf(path),
    ...(Array.isArray(args) && { args: textsOf(args) }),
    ...(Array.isArray(env) && { env: textsOf(env) }),
    ...(typeof timeout === 'number' && { timeout }),
  };
}

const joinEdits = (a: ContainerEdits, b: ContainerEdits): ContainerEdits => ({
  env: [...a.env, ...b.env],
  deviceNodes: [...a.deviceNodes, ...b.deviceNodes],
  mounts: [...a.mounts, ...b.mounts],
  hooks: [...a.hooks, ...b.hooks],
});
