import { join } from 'node:path';
import type { ProcessSpec } from '@varve/core';
import {
  type Container,
  deviceSteps,
  type LaunchStep,
  MASKED_PATHS,
  protectRoot,
  READONLY_PATHS,
  readyMountSteps,
} from '@varve/core/system';

const SYSFS = ['nosuid', 'noexec', 'nodev', 'ro'];

/** Everything that is mounted for a process, in order, before its root is entered. */
export function stepsOf({ root, shmSize }: ProcessSpec, container: Container): readonly LaunchStep[] {
  const { proc, dev, sys } = container.system;
  const inside = (path: string): string => join(root, path.replace(/^\/proc/, proc).replace(/^\/sys/, sys));
  return [
    protectRoot(root),
    ...deviceSteps(join(root, dev), { shmSize, queues: true }),
    { kind: 'mount', source: 'sysfs', target: join(root, sys), type: 'sysfs', options: SYSFS },
    ...MASKED_PATHS.map((path): LaunchStep => ({ kind: 'mask', path: inside(path) })),
    ...READONLY_PATHS.map((path): LaunchStep => ({ kind: 'readonly', path: inside(path) })),
    ...readyMountSteps(root, container),
  ];
}
