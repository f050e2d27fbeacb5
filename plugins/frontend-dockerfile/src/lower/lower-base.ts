import { type BaseRef, type FrontendRequest, messageOf, type SourceRange, type Stage, type Step, VarveError } from '@varve/core';
import { type ImageConfig, type Platform, parsePlatform, parseReference } from '@varve/core/image';
import { expandWord } from '../expand/expand-word.ts';
import type { FromInstruction } from '../instructions/instruction.ts';
import type { Linter } from '../lint/linter.ts';
import { didYouMean } from '../parser/suggest.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import { quote } from '../parser/text.ts';
import { located } from './located.ts';
import type { BuildScope } from './stage-scope.ts';
import { StageState } from './stage-state.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Windows has its own in its registry. */
const usualEnv = (os: string): string[] => (os === 'windows' ? [] : [PATH]);

/** A stage before its first instruction. */
export interface LoweredBase {
  readonly base: BaseRef;
  readonly state: StageState;
  /** Instructions that the base has left for this stage. */
  readonly triggers: readonly string[];
  /** Steps that put right what the base lacks. */
  readonly steps: readonly Step[];
  readonly platform?: Platform | undefined;
  readonly initial?: Stage['initial'];
}

/** FROM's image with global arguments filled in. @throws VarveError `FRONTEND_SYNTAX` */
export function baseName({ image, source }: FromInstruction, { globals, expansion }: BuildScope): string {
  const name = located(source, () => expandWord(image, globals, expansion).value);
  if (name !== '') return name;
  throw syntaxError(
    `base name (${image}) should not be blank`,
    source,
    'Give the argument a default, before the first FROM, or --build-arg',
  );
}

export function basePlatform({ platform, source }: FromInstruction, { globals, expansion }: BuildScope): Platform | undefined {
  if (platform === undefined) return undefined;
  const { value, unmatched } = located(source, () => expandWord(platform, globals, expansion));
  const near = unmatched.map((name) => didYouMean(name, globals.keys(), { isCaseSensitive: true })).find((text) => text !== '') ?? '';
  if (value === '') throw syntaxError(`empty platform value from expression ${platform}${near}`, source);
  try {
    return parsePlatform(value);
  } catch (cause) {
    throw new VarveError('FRONTEND_SYNTAX', `failed to parse platform ${platform}: ${messageOf(cause)}${near}`, { source, cause });
  }
}

/** A stage that starts from nothing, with what BuildKit gives it. */
export function scratchBase(platform: Platform | undefined, request: FrontendRequest): LoweredBase {
  const { os } = platform ?? request.platform;
  const Env = usualEnv(os);
  const initial = { ...(Env.length > 0 && { Env }), WorkingDir: '/' };
  return { base: { kind: 'scratch' }, state: StageState.ofConfig(initial, os), triggers: [], steps: [], platform, initial };
}

export interface NamedBase {
  readonly from: FromInstruction;
  readonly ref: string;
  readonly platform: Platform | undefined;
}

interface ImageBase extends NamedBase {
  /** Of the stages above, for a suggestion. */
  stageNames(): readonly string[];
}

interface Asking {
  readonly request: FrontendRequest;
  readonly linter: Linter;
}

/** Asks for the image's config. @throws VarveError what `resolveConfig` throws, with the place */
export async function imageBase(image: ImageBase, { request, linter }: Asking): Promise<LoweredBase> {
  const { from, ref, platform } = image;
  // the kernel knows what a named context of this name is
  if (!Object.hasOwn(request.contexts, ref)) checkReference(ref, from.source);
  const { config, ...found } = await resolveConfig(image, request);
  if (!isEmptyImage(found)) linter.ask('base', { from, ref, expected: platform ?? request.platform, actual: found });
  const hasPath = config.Env?.some((variable) => variable.startsWith('PATH=')) ?? false;
  const lacking = hasPath ? [] : usualEnv(found.os);
  const Env = [...(config.Env ?? []), ...lacking];
  const triggers = config.OnBuild ?? [];
  const patch = { ...(lacking.length > 0 && { Env: lacking }), ...(triggers.length > 0 && { OnBuild: null }) };
  return {
    base: { kind: 'image', ref },
    state: StageState.ofConfig({ ...config, Env }, found.os),
    triggers,
    steps: Object.keys(patch).length === 0 ? [] : [{ kind: 'config', title: from.text, source: from.source, patch }],
    platform,
  };
}

/** An image without layers runs on every platform. */
const isEmptyImage = ({ history }: Pick<ImageConfig, 'history'>): boolean => history.every(({ empty_layer }) => empty_layer === true);

function checkReference(ref: string, source: SourceRange): void {
  try {
    parseReference(ref);
  } catch (cause) {
    const reason = messageOf(cause).replace(`${JSON.stringify(ref)}: `, '');
    throw new VarveError('FRONTEND_SYNTAX', `failed to parse stage name ${quote(ref)}: ${reason}`, { source, cause });
  }
}

async function resolveConfig({ from, ref, platform, stageNames }: ImageBase, request: FrontendRequest): Promise<ImageConfig> {
  try {
    return await request.resolveConfig(ref, platform);
  } catch (cause) {
    if (!VarveError.is(cause)) throw cause;
    const near = didYouMean(ref, stageNames());
    const hint = near === '' ? undefined : `No stage above has this name${near}`;
    throw VarveError.with(cause, { source: from.source, hint });
  }
}
