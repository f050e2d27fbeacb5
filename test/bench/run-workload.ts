import { readFileSync, rmSync } from 'node:fs';
import type { Builder } from './builders/builder.ts';
import { measureAll, type Sample } from './measure.ts';
import type { Ground } from './site.ts';
import { rotate } from './statistics.ts';
import type { Limit, Opened, Step, Workload } from './workloads/workload.ts';

/** What was measured in one run: of a step with a builder, or of a limit (`limit`: its name). */
export interface Measured {
  readonly workload: string;
  readonly step?: string;
  readonly builder?: string;
  readonly limit?: string;
  readonly run: number;
  readonly sample?: Sample;
  /** Why there is no sample, or why it is not to be trusted. */
  readonly problem?: string;
}

/** A builder, and whether it only moves images. */
export interface Participant extends Builder {
  readonly isTransport: boolean;
}

interface Task {
  readonly ground: Ground;
  readonly workload: Workload;
  readonly opened: Opened;
  readonly run: number;
  readonly onMeasured: (measured: Measured) => void;
}

/** One run: every builder in turn does all steps, then the limits are measured; who is first changes from run to run. */
export async function runWorkload(task: Task, builders: readonly Participant[], stopped: () => boolean): Promise<void> {
  const { only, isTransport = false } = task.workload;
  const wanted = builders.filter((builder) => (only?.includes(builder.name) ?? true) && (isTransport || !builder.isTransport));
  const limits = [...task.ground.limits, ...(task.opened.limits ?? [])];
  const turns = [...wanted.map((builder) => () => runSteps(task, builder)), () => runLimits(task, limits)];
  for (const turn of rotate(turns, task.run)) {
    if (stopped()) return;
    await warmUp(task);
    await turn();
  }
}

/** Reads everything once, so that what comes next finds it in memory. */
async function warmUp({ ground, opened }: Task): Promise<void> {
  if (opened.warm !== undefined)
    await ground.must({ argv: ['bash', '-c', 'tar -C "$1" -cf - . | cat', 'bash', opened.warm], output: '/dev/null' });
}

async function runSteps(task: Task, builder: Builder): Promise<void> {
  const { ground, workload, opened, run, onMeasured } = task;
  const about = { workload: workload.id, builder: builder.name, run };
  let before: string | undefined;
  try {
    await builder.reset();
    if (workload.base !== undefined) await ground.must(builder.load(ground.archiveOf(workload.base)));
  } catch (error) {
    for (const step of opened.steps) onMeasured({ ...about, step: step.name, problem: String(error) });
    return;
  }
  for (const step of opened.steps) {
    try {
      await step.prepare?.(builder);
      await settle(ground);
      rmSync(ground.idFile, { force: true });
      const sample = await measureAll(step.run(builder), ground.logs);
      const id = readID(ground);
      const problem = whyWrong(step, before, id);
      onMeasured({ ...about, step: step.name, sample, ...(problem !== undefined && { problem }) });
      before = id ?? before;
    } catch (error) {
      onMeasured({ ...about, step: step.name, problem: String(error) });
    }
  }
}

/** Data that others left to be written is not to be waited for within the next step. */
const settle = (ground: Ground): Promise<void> => ground.must({ argv: ['sync', '-f', ground.logs] });

function readID(ground: Ground): string | undefined {
  try {
    return readFileSync(ground.idFile, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function whyWrong({ id: expected }: Step, before: string | undefined, id: string | undefined): string | undefined {
  if (expected === undefined || (before === id) === (expected === 'same')) return undefined;
  return expected === 'same' ? 'the image is another one than before' : 'the image is the same as before';
}

async function runLimits({ ground, workload, run, onMeasured }: Task, limits: readonly Limit[]): Promise<void> {
  for (const limit of limits) {
    const about = { workload: workload.id, limit: limit.name, run };
    try {
      limit.prepare?.();
      await settle(ground);
      onMeasured({ ...about, sample: await measureAll(limit.run(), ground.logs) });
    } catch (error) {
      onMeasured({ ...about, problem: String(error) });
    }
  }
}
