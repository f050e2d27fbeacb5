import { join } from 'node:path';
import type { ProcessSpec } from '@varve/core';
import { type Container, deviceSteps, type LaunchStep, protectRoot, readyMountSteps } from '@varve/core/system';

/** Everything that is mounted for a process, in order, before its root is entered. /proc is the host's. */
export function mountSteps({ root, shmSize }: ProcessSpec, container: Container): readonly LaunchStep[] {
  const { proc, dev, sys } = container.system;
  return [
    protectRoot(root),
    { kind: 'mount', source: 'proc', target: join(root, proc), type: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    ...deviceSteps(join(root, dev), { shmSize, queues: false }),
    { kind: 'mount', source: 'sysfs', target: join(root, sys), type: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    ...readyMountSteps(root, container),
  ];
}
