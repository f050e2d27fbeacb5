import { type Plan, type Stage, type TreeRef, VarveError } from '@varve/core';
import { refsOf } from './map-refs.ts';

/**
 * The stages that the target needs, each after those that it needs itself and otherwise in the order they were written. Only these are
 * resolved: a mistake in a stage that nobody needs never shows.
 *
 * @throws VarveError `STAGE_CYCLE`, `STAGE_TARGET`
 */
export function pruneStages(plan: Plan, resolve: (stage: Stage, index: number) => Stage): Plan {
  const done = new Map<string, Stage>();
  const visit = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return;
    const index = plan.stages.findIndex((stage) => stage.name === name);
    const stage = plan.stages[index] ?? unknown(name, plan);
    if (path.includes(name)) throw cycle(stage, [...path.slice(path.indexOf(name)), name]);
    const resolved = resolve(stage, index);
    for (const needed of needsOf(resolved)) visit(needed, [...path, name]);
    done.set(name, resolved);
  };
  visit(plan.target, []);
  return { ...plan, stages: inWrittenOrder([...done.values()], plan) };
}

function needsOf({ base, steps }: Stage): readonly string[] {
  const refs: readonly (TreeRef | Stage['base'])[] = [base, ...steps.flatMap(refsOf)];
  return [...new Set(refs.flatMap((ref) => (ref.kind === 'stage' ? [ref.name] : [])))];
}

/** `sorted` has each stage after its needs. The written order is kept where it does the same. */
function inWrittenOrder(sorted: readonly Stage[], plan: Plan): readonly Stage[] {
  const place = new Map(plan.stages.map(({ name }, index) => [name, index]));
  const placeOf = (name: string) => place.get(name) ?? 0;
  const isOrdered = sorted.every((stage) => needsOf(stage).every((name) => placeOf(name) < placeOf(stage.name)));
  return isOrdered ? sorted.toSorted((a, b) => placeOf(a.name) - placeOf(b.name)) : sorted;
}

const cycle = (stage: Stage, path: readonly string[]): VarveError =>
  new VarveError('STAGE_CYCLE', `circular dependency detected on stage: ${stage.name}`, {
    source: stage.source,
    hint:
      path.length > 2
        ? `They need each other: ${path.join(' -> ')}.`
        : 'A stage cannot copy from itself; without --from the files come from the build context.',
  });

function unknown(name: string, { stages }: Plan): never {
  throw new VarveError('STAGE_TARGET', `target stage ${JSON.stringify(name)} could not be found`, {
    hint: `Stages: ${stages.map((stage) => stage.name).join(', ')}.`,
  });
}
