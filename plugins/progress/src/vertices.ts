import type { BuildEvent, Plan, Step, StepPlace } from '@varve/core';
import { LineSplitter } from './line-splitter.ts';
import { sanitize } from './text.ts';

/** One step or transfer as it is shown: numbered in the order of appearance. */
export interface Vertex {
  readonly number: number;
  readonly label: string;
  readonly startedAt: number;
  readonly stdout: LineSplitter;
  readonly stderr: LineSplitter;
  /** The last lines of its output. */
  readonly tail: string[];
}

const TAIL = 20;

/** Steps that only change the config take no time and are not shown, as long as they do not fail. */
const isShown = (step: Step): boolean => step.kind !== 'config';
export const isHidden = (event: BuildEvent): boolean => 'step' in event && event.type !== 'step-failed' && !isShown(event.step);

/** Numbers, names and remembers what a build consists of. */
export class Vertices {
  readonly #steps = new Map<string, Vertex>();
  /** By stage: where the steps that are shown stand in it. */
  readonly #shown = new Map<string, readonly number[]>();
  #single = false;
  #count = 0;

  /** Of all steps that will be done; 0 while the plan is not known. */
  total = 0;

  plan({ stages }: Plan): void {
    this.#single = stages.length === 1;
    for (const { name, steps } of stages)
      this.#shown.set(
        name,
        steps.flatMap((step, i) => (isShown(step) ? [i + 1] : [])),
      );
    this.total = stages.reduce((sum, { name }) => sum + (this.#shown.get(name)?.length ?? 0), 0);
  }

  nextNumber(): number {
    return ++this.#count;
  }

  step(place: StepPlace, at: number): Vertex {
    const key = `${place.stage}\0${place.index}`;
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const vertex: Vertex = {
      number: this.nextNumber(),
      label: this.#labelOf(place),
      startedAt: at,
      stdout: new LineSplitter(),
      stderr: new LineSplitter(),
      tail: [],
    };
    this.#steps.set(key, vertex);
    return vertex;
  }

  /** `[2/5] RUN make`, counting the steps that are shown; with the stage's name in front where there are several. */
  #labelOf({ stage, index, total, step }: StepPlace): string {
    const isNamed = !/^(?:stage-)?\d+$/.test(stage);
    const name = this.#single && !isNamed ? '' : `${stage} `;
    const shown = this.#shown.get(stage);
    const at = shown === undefined ? `${index}/${total}` : `${shown.indexOf(index) + 1}/${shown.length}`;
    const place = isShown(step) ? `[${name}${at}] ` : '';
    return sanitize(`${place}${step.title.replace(/\s+/g, ' ')}`);
  }
}

/** Lines of new output, which are also the vertex's newest. */
export function takeOutput(vertex: Vertex, stream: 'stdout' | 'stderr', chunk: Uint8Array): readonly string[] {
  return remember(vertex, vertex[stream].push(chunk));
}
export const takeRest = (vertex: Vertex): readonly string[] => remember(vertex, [...vertex.stdout.end(), ...vertex.stderr.end()]);

function remember(vertex: Vertex, lines: readonly string[]): readonly string[] {
  vertex.tail.push(...lines.slice(-TAIL));
  if (vertex.tail.length > TAIL) vertex.tail.splice(0, vertex.tail.length - TAIL);
  return lines;
}
