import { dirname, join } from 'node:path';
import type { ProcessSpec } from '@varve/core';
import { type Container, deviceSteps, type LaunchStep, MASKED_PATHS, mounts, READONLY_PATHS, type ReadyMount } from '@varve/core/system';

const SYSFS = ['nosuid', 'noexec', 'nodev', 'ro'];

/** Everything that is mounted for a process, in order, before its root is entered. */
export function stepsOf({ root, shmSize }: ProcessSpec, container: Container): readonly LaunchStep[] {
  const { proc, dev, sys } = container.system;
  const inside = (path: string): string => join(root, path.replace(/^\/proc/, proc).replace(/^\/sys/, sys));
  return [
    { kind: 'mount', source: root, target: root, type: 'bind', options: ['rbind', 'nodev', ...flagsOf(root)] },
    ...deviceSteps(join(root, dev), { shmSize, queues: true }),
    { kind: 'mount', source: 'sysfs', target: join(root, sys), type: 'sysfs', options: SYSFS },
    ...MASKED_PATHS.map((path): LaunchStep => ({ kind: 'mask', path: inside(path) })),
    ...READONLY_PATHS.map((path): LaunchStep => ({ kind: 'readonly', path: inside(path) })),
    ...container.mounts.flatMap((mount) => mountSteps(root, mount)),
    ...(container.cwd.make ? [{ kind: 'directory' as const, path: join(root, container.cwd.path), mode: 0o755 }] : []),
  ];
}

function mountSteps(root: string, mount: ReadyMount): readonly LaunchStep[] {
  const target = join(root, mount.target);
  const point: readonly LaunchStep[] =
    mount.over === 'directory'
      ? [{ kind: 'directory', path: target, mode: 0o755 }]
      : [
          { kind: 'directory', path: dirname(target), mode: 0o755 },
          { kind: 'file', path: target },
        ];
  return [...(mount.make ? point : []), { ...mount, kind: 'mount', target }];
}

/** What the root is mounted with already, and would lose when bound again with `nodev` alone. */
function flagsOf(root: string): readonly string[] {
  const around = mounts().filter(({ target }) => root === target || root.startsWith(target === '/' ? '/' : `${target}/`));
  const nearest = around.reduce((best, each) => (each.target.length >= best.target.length ? each : best), {
    target: '',
    options: [] as readonly string[],
  });
  return nearest.options.filter((option) => ['ro', 'nosuid', 'noexec', 'noatime', 'nodiratime'].includes(option));
}
