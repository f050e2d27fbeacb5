import type { ContainerStats } from '../container/request.ts';
import type { Controller } from './hierarchies.ts';

/** One file of a controller, by the version of its hierarchy; `undefined` where there is none. */
export type ReadFigures = (controller: Controller, names: { readonly 1?: string; readonly 2?: string }) => string | undefined;

/** Memory limits at and above this mean that there is none. */
const UNLIMITED = 2 ** 62;

/** Whether the kernel has killed something in a group for want of memory. */
export const hasKilled = (read: ReadFigures): boolean =>
  /^oom_kill [1-9]/m.test(read('memory', { 1: 'memory.oom_control', 2: 'memory.events' }) ?? '');

/** What a group uses. Figures that the host does not keep are absent. */
export function readStats(read: ReadFigures): ContainerStats {
  const cpu = number(read('cpuacct', { 1: 'cpuacct.usage' })) ?? scaled(read('cpuacct', { 2: 'cpu.stat' }), /^usage_usec (\d+)$/m, 1000);
  const used = number(read('memory', { 1: 'memory.usage_in_bytes', 2: 'memory.current' }));
  const cached = scaled(read('memory', { 1: 'memory.stat', 2: 'memory.stat' }), /^(?:total_)?inactive_file (\d+)$/m, 1) ?? 0;
  const limit = number(read('memory', { 1: 'memory.limit_in_bytes', 2: 'memory.max' }));
  return defined({
    cpu,
    memory: used === undefined ? undefined : Math.max(0, used - cached), // as `docker stats`: files that can be read again do not count
    memoryLimit: limit !== undefined && limit < UNLIMITED ? limit : undefined,
    pids: number(read('pids', { 1: 'pids.current', 2: 'pids.current' })),
    pidsLimit: number(read('pids', { 1: 'pids.max', 2: 'pids.max' })),
  });
}

const number = (text: string | undefined): number | undefined => (text === undefined || text.trim() === 'max' ? undefined : Number(text));

function scaled(text: string | undefined, pattern: RegExp, factor: number): number | undefined {
  const found = pattern.exec(text ?? '')?.[1];
  return found === undefined ? undefined : Number(found) * factor;
}

const defined = (members: Readonly<Record<string, number | undefined>>): ContainerStats =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
