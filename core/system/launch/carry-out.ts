import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeNode } from '../make-node.ts';
import { mount } from '../mount.ts';
import { call } from './calls.ts';
import type { LaunchStep } from './plan.ts';

/** Does one step of a plan, in the namespaces of this thread. */
export function carryOut(step: LaunchStep): void {
  switch (step.kind) {
    case 'mount':
      if (step.cwd !== undefined) call('chdir', step.cwd);
      mount(step);
      break;
    case 'directory':
      mkdirSync(step.path, { recursive: true, mode: step.mode });
      break;
    case 'file':
      writeFileSync(step.path, '', { flag: 'a' });
      break;
    case 'device':
      mkdirSync(dirname(step.path), { recursive: true, mode: 0o755 });
      makeNode(step.path, { type: step.type, mode: 0o600, major: step.major, minor: step.minor });
      chownSync(step.path, step.uid, step.gid);
      chmodSync(step.path, step.mode);
      break;
    case 'symlink':
      symlinkSync(step.target, step.path);
      break;
    case 'mask':
      mask(step.path);
      break;
    case 'readonly':
      protect(step.path);
      break;
    default:
      step satisfies never;
  }
}

function mask(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory()) mount({ source: 'tmpfs', target: path, type: 'tmpfs', options: ['ro', 'nosuid', 'nodev', 'noexec', 'size=0k'] });
  else mount({ source: '/dev/null', target: path, type: 'bind' });
}

function protect(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
  mount({ source: path, target: path, type: 'bind', options: ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'] });
}
