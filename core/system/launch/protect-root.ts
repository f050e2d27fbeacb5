import { mounts } from '../mounts.ts';
import type { LaunchStep } from './plan.ts';

/** What a mount would lose when it is bound again with `nodev` alone. */
const KEPT = ['ro', 'nosuid', 'noexec', 'noatime', 'nodiratime'];

export type RootStep = Extract<LaunchStep, { readonly kind: 'mount' }>;

/** Makes a root a mount of its own, in which device nodes cannot be opened. */
export function protectRoot(root: string): RootStep {
  const around = mounts().filter(({ target }) => target === '/' || root === target || root.startsWith(`${target}/`));
  const depth = Math.max(...around.map(({ target }) => target.length));
  const options = around.findLast(({ target }) => target.length === depth)?.options ?? [];
  return {
    kind: 'mount',
    source: root,
    target: root,
    type: 'bind',
    options: ['rbind', 'nodev', ...options.filter((option) => KEPT.includes(option))],
  };
}
