import { type FrontendRequest, type SourceRange, type TreeRef, VarveError } from '@varve/core';
import type { Dockerfile, DockerfileStage } from '../instructions/instruction.ts';
import { didYouMean } from '../parser/suggest.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import { quote } from '../parser/text.ts';

/** Where a stage's words may point. */
export interface StageNames {
  /** Of the plan's stage: its own name where that is unique. */
  nameOf(index: number): string;
  /** @throws VarveError `FRONTEND_TARGET` */
  target(wanted: string | undefined): number;
  /** The stage that FROM starts from, if it is one. */
  base(image: string, before: number): number | undefined;
  /** What `--from=` in stage `user` means: a named context, a stage above (by its name in the plan), nothing at all, an image. */
  tree(from: string, user: number, source: SourceRange): TreeRef;
  /** Of the stage in the plan that stands for `--from=scratch`. */
  readonly empty: string;
  indexOf(name: string): number | undefined;
}

export function stageNames({ stages }: Dockerfile, contexts: FrontendRequest['contexts']): StageNames {
  const names = uniqueNames(stages);
  const byName = Map.groupBy(stages, ({ from }) => from.name);
  const indexes = new Map(names.map((name, index) => [name, index]));
  const empty = indexes.has(SCRATCH) ? `${SCRATCH}-${stages.length}` : SCRATCH;
  const last = (name: string, before = stages.length): number | undefined =>
    byName.get(name.toLowerCase())?.findLast(({ index }) => index < before)?.index;

  return {
    nameOf: (index) => names[index] ?? '',
    indexOf: (name) => indexes.get(name),
    empty,
    base: (image, before) => (Object.hasOwn(contexts, image) ? undefined : last(image, before)),
    target(wanted) {
      if (wanted === undefined || wanted === '') return stages.length - 1;
      const index = last(wanted) ?? (isNumber(wanted) && Number(wanted) < stages.length ? Number(wanted) : undefined);
      return index ?? noTarget(wanted, stages);
    },
    tree(from, user, source) {
      if (isEmptyContext(contexts, from)) return { kind: 'name', name: empty };
      if (Object.hasOwn(contexts, from)) return { kind: 'context', name: from };
      const index = isNumber(from) ? numbered(from, { user, source, count: stages.length }) : last(from, user);
      if (index !== undefined) return { kind: 'name', name: names[index] ?? '' };
      const later = last(from);
      if (later !== undefined) throw tooLate(from, { user, later, source, name: names[user] ?? '' });
      return from === SCRATCH ? { kind: 'name', name: empty } : { kind: 'image', ref: from };
    },
  };
}

/** No image can have this name. */
export const SCRATCH = 'scratch';

/** Nothing at all, under a name. */
export const isEmptyContext = (contexts: FrontendRequest['contexts'], name: string): boolean =>
  Object.hasOwn(contexts, name) && /^docker-image:(?:\/\/)?scratch$/.test(contexts[name] ?? '');

const isNumber = (text: string): boolean => /^\d{1,9}$/.test(text);

/** Where a name is used twice the last stage keeps it, as it is the one that is found. */
function uniqueNames(stages: readonly DockerfileStage[]): readonly string[] {
  const taken = new Set<string>();
  const names = stages.toReversed().map(({ from, index }) => {
    let name = from.name ?? `stage-${index}`;
    while (taken.has(name)) name = `${name}-${index}`;
    taken.add(name);
    return name;
  });
  return names.toReversed();
}

function numbered(from: string, { user, source, count }: { user: number; source: SourceRange; count: number }): number {
  const index = Number(from);
  if (index < user) return index;
  const reason =
    index >= count ? `invalid stage index ${from}` : index === user ? 'refers to current build block' : 'that stage comes later';
  const above = user === 0 ? 'There is no stage above this one' : `Stages above have the numbers 0 to ${user - 1}`;
  throw syntaxError(`invalid from flag value ${from}: ${reason}`, source, above);
}

function tooLate(
  from: string,
  { user, later, source, name }: { user: number; later: number; source: SourceRange; name: string },
): VarveError {
  if (later === user) return syntaxError(`circular dependency detected on stage: ${from}`, source);
  const message = `cannot copy from stage ${quote(from)}, it needs to be defined before current stage ${quote(name)}`;
  return syntaxError(message, source, `Move the stage ${from} up`);
}

function noTarget(wanted: string, stages: readonly DockerfileStage[]): never {
  const known = stages.flatMap(({ from }) => from.name ?? []);
  const hint = known.length === 0 ? 'No stage has a name: FROM <image> AS <name>' : `Stages: ${known.join(', ')}`;
  throw new VarveError('FRONTEND_TARGET', `target stage ${quote(wanted)} could not be found${didYouMean(wanted, known)}`, { hint });
}
