import { join } from 'node:path';
import type { ProcessSpec } from '@varve/core';
import {
  type Container,
  closeRoot,
  deviceSteps,
  hostDevices,
  type LaunchStep,
  MASKED_PATHS,
  protectRoot,
  READONLY_PATHS,
  readyMountSteps,
} from '@varve/core/system';

const SYSFS = ['nosuid', 'noexec', 'nodev'];

/** Everything that is mounted for a process, in order, before its root is entered. */
export function stepsOf(spec: ProcessSpec, container: Container): readonly LaunchStep[] {
  const { root, shmSize, privileged = false } = spec;
  const { proc, dev, sys } = container.system;
  const inside = (path: string): string => join(root, path.replace(/^\/proc/, proc).replace(/^\/sys/, sys));
  const base = protectRoot(root, { devices: privileged });
  return [
    base,
    ...deviceSteps(join(root, dev), { shmSize, queues: true, all: privileged ? hostDevices() : undefined }),
    { kind: 'mount', source: 'sysfs', target: join(root, sys), type: 'sysfs', options: privileged ? SYSFS : [...SYSFS, 'ro'] },
    ...(privileged ? [] : MASKED_PATHS.map((path): LaunchStep => ({ kind: 'mask', path: inside(path) }))),
    ...(privileged ? [] : READONLY_PATHS.map((path): LaunchStep => ({ kind: 'readonly', path: inside(path) }))),
    ...readyMountSteps(root, container),
    ...(spec.readOnly === true ? [closeRoot(base)] : []),
  ];
}
