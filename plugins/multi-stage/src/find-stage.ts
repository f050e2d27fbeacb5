import { type Plan, type SourceRange, type TreeRef, VarveError } from '@varve/core';
import { isImagePlace } from '@varve/core/image';

export interface StageScope {
  readonly plan: Plan;
  /** Place of the stage that asks. */
  readonly index: number;
  readonly contexts: Readonly<Record<string, string>>;
}

export interface Question extends StageScope {
  /** `base`: an earlier stage, or an image. `source`: any stage, also by number. */
  readonly as: 'base' | 'source';
  readonly source?: SourceRange | undefined;
}

/** What a name means: a stage's name, a stage's number, a named context, else an image. */
export function findStage(name: string, question: Question): TreeRef {
  const { plan, index, as, contexts } = question;
  const known = as === 'base' ? plan.stages.slice(0, index) : plan.stages;
  // Of several stages with one name the last one counts.
  const stage = known.findLast((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (stage !== undefined) return { kind: 'stage', name: stage.name };
  if (as === 'source' && /^[0-9]+$/.test(name)) return byNumber(name, question);
  return Object.hasOwn(contexts, name) ? byContext(name, question) : { kind: 'image', ref: name };
}

function byNumber(text: string, { plan, index, source }: Question): TreeRef {
  const stage = plan.stages[Number(text)];
  const invalid = (why: string, hint: string) => new VarveError('STAGE_INDEX', `invalid from flag value ${text}: ${why}`, { source, hint });
  if (stage === undefined) throw invalid(`invalid stage index ${text}`, `There are stages 0 to ${plan.stages.length - 1}.`);
  if (Number(text) === index) throw invalid('refers to current build stage', 'Copy from an earlier stage, or without --from.');
  if (Number(text) > index) throw invalid('refers to a later build stage', `Move stage ${text} in front of this one, or use its name.`);
  return { kind: 'stage', name: stage.name };
}

/** Places that a build context may have in other builders. */
const UNSUPPORTED = /^(?:https?|git|ssh|target|input):|^git@/;

function byContext(name: string, { contexts, as, source }: Question): TreeRef {
  const place = contexts[name] ?? '';
  if (isImagePlace(place)) return { kind: 'image', ref: place };
  if (UNSUPPORTED.test(place))
    throw new VarveError('STAGE_CONTEXT', `The context "${name}" should be a directory or an image, found ${place}`, {
      source,
      hint: `Fetch it first, then give its directory: --build-context ${name}=<directory>.`,
    });
  if (as === 'source') return { kind: 'context', name };
  throw new VarveError('STAGE_CONTEXT', `A stage needs an image to start from, but the context "${name}" is the directory ${place}`, {
    source,
    hint: `Give an image: --build-context ${name}=docker-image://<image>.`,
  });
}
