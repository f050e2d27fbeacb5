import type { BuildEvent, Plan, Stage, Step } from '@varve/core';
import { formatPlatform } from '@varve/core/image';
import { LineSplitter } from './line-splitter.ts';
import { keyOf, type StepOf } from './step-of.ts';
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
  /** By platform and stage: where the steps that are shown stand in it. */
  readonly #shown = new Map<string, readonly number[]>();
  /** By platform and stage: what it says in front, where several platforms are built. */
  readonly #platforms = new Map<string, string>();
  #single = false;
  #count = 0;

  /** Of all steps that will be done; 0 while the plan is not known. */
  total = 0;

  plan({ stages }: Plan, platform?: string): void {
    this.#single = stages.length === 1;
    for (const stage of stages) {
      const shown = stage.steps.flatMap((step, i) => (isShown(step) ? [i + 1] : []));
      const key = stageKey({ platform, stage: stage.name });
      this.#shown.set(key, shown);
      if (platform !== undefined) this.#platforms.set(key, `${describePlatform(platform, ownPlatform(stage, stages))} `);
      this.total += shown.length;
    }
  }

  nextNumber(): number {
    return ++this.#count;
  }

  step(place: StepOf, at: number): Vertex {
    const key = keyOf(place);
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

  /** `[linux/arm64 build 2/5] RUN make`, counting the steps that are shown; platform and stage are named where there are several. */
  #labelOf({ platform, stage, index, total, step }: StepOf): string {
    const isNamed = !/^(?:stage-)?\d+$/.test(stage);
    const name = this.#single && !isNamed ? '' : `${stage} `;
    const key = stageKey({ platform, stage });
    const shown = this.#shown.get(key);
    const at = shown === undefined ? `${index}/${total}` : `${shown.indexOf(index) + 1}/${shown.length}`;
    const place = isShown(step) ? `[${this.#platforms.get(key) ?? ''}${name}${at}] ` : '';
    return sanitize(`${place}${step.title.replace(/\s+/g, ' ')}`);
  }
}

const stageKey = ({ platform = '', stage }: Pick<StepOf, 'platform' | 'stage'>): string => `${platform}\0${stage}`;

/** What a stage is for where it, or the stage that it starts from, says so itself. */
function ownPlatform(stage: Stage, stages: readonly Stage[]): string | undefined {
  const { base, platform } = stage;
  const below = base.kind === 'stage' && platform === undefined ? stages.find(({ name }) => name === base.name) : undefined;
  if (below !== undefined) return ownPlatform(below, stages);
  return platform === undefined ? undefined : formatPlatform(platform);
}

/** `linux/arm64`; `linux/amd64->arm64` for work on the one towards the other. */
function describePlatform(platform: string, own = platform): string {
  const [os = ''] = own.split('/');
  return own === platform ? platform : `${own}->${platform.startsWith(`${os}/`) ? platform.slice(os.length + 1) : platform}`;
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
