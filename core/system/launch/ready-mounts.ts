import { dirname, join } from 'node:path';
import type { Container, ReadyMount } from '../prepare-container.ts';
import type { LaunchStep } from './plan.ts';

/** The mounts of a container, and its working directory where that lies in one of them. */
export function readyMountSteps(root: string, { mounts, cwd }: Container): readonly LaunchStep[] {
  const steps = mounts.flatMap((mount) => stepsOf(root, mount));
  return cwd.make ? [...steps, { kind: 'directory', path: join(root, cwd.path), mode: 0o755 }] : steps;
}

function stepsOf(root: string, mount: ReadyMount): readonly LaunchStep[] {
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
