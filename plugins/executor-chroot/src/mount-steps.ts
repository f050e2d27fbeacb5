import { join } from 'node:path';
import type { ProcessSpec } from '@varve/core';
import { type Container, closeRoot, deviceSteps, hostDevices, type LaunchStep, protectRoot, readyMountSteps } from '@varve/core/system';

/** Everything that is mounted for a process, in order, before its root is entered. /proc is the host's. */
export function mountSteps(spec: ProcessSpec, container: Container): readonly LaunchStep[] {
  const { root, shmSize, privileged = false } = spec;
  const { proc, dev, sys } = container.system;
  const base = protectRoot(root, { devices: privileged });
  const system = ['nosuid', 'noexec', 'nodev'];
  return [
    base,
    { kind: 'mount', source: 'proc', target: join(root, proc), type: 'proc', options: system },
    ...deviceSteps(join(root, dev), { shmSize, queues: false, all: privileged ? hostDevices() : undefined }),
    { kind: 'mount', source: 'sysfs', target: join(root, sys), type: 'sysfs', options: privileged ? system : [...system, 'ro'] },
    ...readyMountSteps(root, container),
    ...(spec.readOnly === true ? [closeRoot(base)] : []),
  ];
}
