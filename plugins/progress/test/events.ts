import type { BuildEvent, BuildEventBody, Plan, RunStep, Step, StepPlace } from '@varve/core';

const runStep = (title: string): RunStep => ({ kind: 'run', title, args: [], env: [], network: 'default', mounts: [] });
export const configStep = (title: string): Step => ({ kind: 'config', title, patch: {} });

export const place = (title: string, index = 1, { stage = 'stage-0', total = 3 } = {}): StepPlace => ({
  stage,
  index,
  total,
  step: runStep(title),
});
export const planOf = (...stages: readonly string[]): Plan => ({
  stages: stages.map((name) => ({ name, base: { kind: 'scratch' }, steps: [runStep('RUN a'), runStep('RUN b'), runStep('RUN c')] })),
  target: stages.at(-1) ?? '',
});

/** Bodies as the kernel stamps them, a tenth of a second apart. */
export function stamp(bodies: readonly (BuildEventBody & { readonly platform?: string })[], build = 'b1'): readonly BuildEvent[] {
  return bodies.map((body, i) => ({ ...body, build, at: 1_000_000 + i * 100 }) as BuildEvent);
}

export const output = (at: StepPlace, text: string, stream: 'stdout' | 'stderr' = 'stdout'): BuildEventBody => ({
  type: 'step-output',
  ...at,
  stream,
  chunk: Buffer.from(text, 'latin1'),
});

/** Keeps what is written, and may claim to be a terminal. */
export class TextSink {
  text = '';
  readonly isTTY: boolean | undefined;
  readonly columns: number | undefined;
  readonly rows: number | undefined;

  constructor(terminal: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } = {}) {
    this.isTTY = terminal.isTTY;
    this.columns = terminal.columns;
    this.rows = terminal.rows;
  }

  write(text: string): void {
    this.text += text;
  }
}
