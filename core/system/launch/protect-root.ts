import { mounts } from '../mounts.ts';
import type { LaunchStep } from './plan.ts';

/** What a mount would lose when it is bound again with `nodev` alone. */
const KEPT = ['ro', 'nosuid', 'noexec', 'noatime', 'nodiratime'];

export type RootStep = Extract<LaunchStep, { readonly kind: 'mount' }>;

/** Makes a root a mount of its own, in which device nodes cannot be opened unless `devices` says so. */
export function protectRoot(root: string, { devices = false }: { readonly devices?: boolean | undefined } = {}): RootStep {
  const around = mounts().filter(({ target }) => target === '/' || root === target || root.startsWith(`${target}/`));
  const depth = Math.max(...around.map(({ target }) => target.length));
  const options = around.findLast(({ target }) => target.length === depth)?.options ?? [];
  return {
    kind: 'mount',
    source: root,
    target: root,
    type: 'bind',
    options: ['rbind', ...(devices ? [] : ['nodev']), ...options.filter((option) => KEPT.includes(option))],
  };
}

/** Makes a root that was protected read-only, after everything that had to be made in it. */
export const closeRoot = ({ target, options = [] }: RootStep): RootStep => ({
  kind: 'mount',
  source: target,
  target,
  type: 'none',
  options: ['remount', 'bind', 'ro', ...options.filter((option) => option !== 'rbind' && option !== 'ro')],
});
