import type { Measured } from './run-workload.ts';
import { median, pairwiseRatio, spread } from './statistics.ts';
import { ratio, renderTable, seconds } from './table.ts';
import type { Step } from './workloads/workload.ts';

const MEBIBYTE = 2 ** 20;
const OURS = 'varve';

/** What a report is made of. */
export interface Results {
  readonly builders: readonly string[];
  readonly lines: readonly { readonly workload: string; readonly title: string; readonly step: Step }[];
  readonly measured: readonly Measured[];
}

/** Medians of one builder in one step, or of one limit. */
export interface Figure {
  readonly wall: number;
  readonly cpu: number;
  readonly resident: number;
  readonly anonymous: number;
  readonly spread: number;
  readonly samples: number;
  /** Varve ÷ this, run by run: the median. */
  readonly ratio: number;
}

type Key = Pick<Measured, 'workload' | 'step' | 'builder' | 'limit'>;

/** Wall seconds by run; a run that failed is a hole. */
function wallsOf(measured: readonly Measured[], key: Key): readonly (number | undefined)[] {
  const walls: (number | undefined)[] = [];
  for (const { run, sample } of select(measured, key)) walls[run] = sample?.wall;
  return walls;
}

const select = (measured: readonly Measured[], { workload, step, builder, limit }: Key): readonly Measured[] =>
  measured.filter((one) => one.workload === workload && one.step === step && one.builder === builder && one.limit === limit);

/** Medians of all samples of one cell; `ratio` is varve's to it. */
export function figureOf(measured: readonly Measured[], key: Key): Figure {
  const samples = select(measured, key).flatMap(({ sample }) => (sample === undefined ? [] : [sample]));
  const { workload, step } = key;
  const ours = wallsOf(measured, { workload, ...(step !== undefined && { step }), builder: OURS });
  return {
    wall: median(samples.map(({ wall }) => wall)),
    cpu: median(samples.map(({ cpu }) => cpu)),
    resident: median(samples.map(({ resident }) => resident)),
    anonymous: median(samples.map(({ anonymous }) => anonymous)),
    spread: spread(samples.map(({ wall }) => wall)),
    samples: samples.length,
    ratio: pairwiseRatio(ours, wallsOf(measured, key)),
  };
}

/** What a step of ours took as a multiple of what the machine needs for it at least. */
export function timesLimit(measured: readonly Measured[], workload: string, { name, limit = {} }: Step): number {
  const parts = Object.entries(limit).map(([part, count]) => ({ walls: wallsOf(measured, { workload, limit: part }), count }));
  if (parts.length === 0) return Number.NaN;
  const ours = wallsOf(measured, { workload, step: name, builder: OURS });
  const sums = ours.map((_, run) => {
    const values = parts.map(({ walls, count }) => (walls[run] === undefined ? undefined : walls[run] * count));
    return values.includes(undefined) ? undefined : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  });
  return pairwiseRatio(ours, sums);
}

/** The fastest of the others by its median. */
export function fastestPeer(measured: readonly Measured[], key: { workload: string; step: string }, builders: readonly string[]) {
  const peers = builders.filter((name) => name !== OURS).map((name) => ({ name, ...figureOf(measured, { ...key, builder: name }) }));
  return peers.filter(({ wall }) => !Number.isNaN(wall)).sort((a, b) => a.wall - b.wall)[0];
}

/** The table of workloads and the table of limits. */
export function report({ builders, lines, measured }: Results): string {
  const head = ['workload, step', ...builders, 'ratio', 'to', 'goal', '× limit', 'limit'];
  const rows = lines.map(({ workload, title, step }) => {
    const key = { workload, step: step.name };
    const cells = builders.map((builder) => cell(figureOf(measured, { ...key, builder }), builder));
    const fastest = fastestPeer(measured, key, builders);
    const limit = Object.entries(step.limit ?? {}).map(([name, count]) => (count === 1 ? name : `${count} × ${name}`));
    return [
      `${workload} ${title}: ${step.name}`,
      ...cells,
      ...[ratio(fastest?.ratio ?? Number.NaN), fastest?.name ?? '', judge(fastest?.ratio, step.goal)],
      ...[ratio(timesLimit(measured, workload, step)), limit.join(' + ')],
    ];
  });
  const note =
    'Cells: wall seconds · CPU seconds · peak resident MiB (varve ÷ it); medians. `ratio`: varve ÷ the fastest other, run by run.';
  return [renderTable(head, rows), note, '', limitTable(measured), ...growthTable(lines, measured), ...problems(measured)].join('\n');
}

/** How ours grows: 1 is as fast as what it is given, 0 not at all. */
export function growthOf(measured: readonly Measured[], workload: string, { name, grows }: Step) {
  if (grows === undefined) return undefined;
  const [less, more] = [grows.from, name].map((step) => figureOf(measured, { workload, step, builder: OURS }));
  if (less === undefined || more === undefined) return undefined;
  const exponent = Math.log(more.wall / less.wall) / Math.log(grows.factor);
  return {
    from: grows.from,
    factor: grows.factor,
    exponent,
    cpuExponent: Math.log(more.cpu / less.cpu) / Math.log(grows.factor),
    less,
    more,
  };
}

function growthTable(lines: Results['lines'], measured: readonly Measured[]): readonly string[] {
  const mebibytes = ({ resident }: Figure) => (resident / MEBIBYTE).toFixed(0);
  const rows = lines.flatMap(({ workload, step }) => {
    const growth = growthOf(measured, workload, step);
    if (growth === undefined || Number.isNaN(growth.exponent)) return [];
    const { from, less, more, exponent, cpuExponent } = growth;
    return [[`${from} → ${step.name}`, exponent.toFixed(2), cpuExponent.toFixed(2), `${mebibytes(less)} → ${mebibytes(more)}`]];
  });
  return rows.length === 0 ? [] : ['', renderTable(['growth (1: linear)', 'wall', 'CPU', 'peak resident MiB'], rows)];
}

function cell({ wall, cpu, resident, ratio: toOurs }: Figure, builder: string): string {
  if (Number.isNaN(wall)) return '–';
  const own = `${seconds(wall)} · ${cpu.toFixed(2)} · ${(resident / MEBIBYTE).toFixed(0)}`;
  return builder === OURS ? own : `${own} (${ratio(toOurs)})`;
}

function judge(value: number | undefined, goal: number | undefined): string {
  if (goal === undefined) return '';
  const sign = value === undefined || Number.isNaN(value) ? '' : value <= goal ? ' ✓' : ' ✗';
  return `≤ ${goal}${sign}`;
}

function limitTable(measured: readonly Measured[]): string {
  const keys = new Map(
    measured.flatMap(({ workload, limit }) => (limit === undefined ? [] : [[`${workload} ${limit}`, { workload, limit }]])),
  );
  const rows = [...keys].map(([name, key]) => {
    const { wall, cpu } = figureOf(measured, key);
    return [name, seconds(wall), cpu.toFixed(2)];
  });
  return renderTable(['limit', 'wall s', 'CPU s'], rows);
}

function problems(measured: readonly Measured[]): readonly string[] {
  const lines = measured.flatMap(({ workload, step, builder, limit, run, problem }) =>
    problem === undefined ? [] : [`${workload} ${step ?? limit}, ${builder ?? 'limit'}, run ${run + 1}: ${problem}`],
  );
  return lines.length === 0 ? [] : ['', 'Problems:', ...lines];
}

/** Everything as data: medians per cell, and each sample. */
export function asData({ builders, lines, measured }: Results): object {
  const cells = lines.map(({ workload, title, step }) => ({
    workload,
    title,
    step: step.name,
    goal: step.goal,
    limit: step.limit,
    timesLimit: timesLimit(measured, workload, step),
    growth: growthOf(measured, workload, step),
    fastestPeer: fastestPeer(measured, { workload, step: step.name }, builders)?.name,
    builders: Object.fromEntries(builders.map((builder) => [builder, figureOf(measured, { workload, step: step.name, builder })])),
  }));
  return { cells, samples: measured };
}
