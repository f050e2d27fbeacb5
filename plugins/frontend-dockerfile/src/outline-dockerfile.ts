import type { FrontendRequest, Plan, RunMount, RunStep } from '@varve/core';
import type { Toolbox } from './dockerfile-frontend.ts';
import { lowerTree } from './dockerfile-frontend.ts';
import { expandWord } from './expand/expand-word.ts';
import type { ArgInstruction, Dockerfile, DockerfileStage } from './instructions/instruction.ts';
import { groupStages } from './instructions/parse-dockerfile.ts';
import { Linter } from './lint/linter.ts';
import { type LintRequest, withoutBuild } from './lint-dockerfile.ts';
import { parseSyntax } from './parser/parse-syntax.ts';

/** A stage that can be built. */
export interface Target {
  /** Absent for a stage without a name, which has only a number. */
  readonly name?: string | undefined;
  readonly index: number;
  /** From a comment above FROM that begins with the name. */
  readonly description?: string | undefined;
  /** What is built without `--target`. */
  readonly isDefault: boolean;
  readonly base: string;
  readonly platform?: string | undefined;
  readonly line: number;
}

/** What a build of one stage can be given. */
export interface Outline {
  readonly target: Target;
  readonly args: readonly OutlinedArgument[];
  readonly secrets: readonly OutlinedMount[];
  readonly ssh: readonly OutlinedMount[];
  readonly caches: readonly { readonly id: string }[];
}

export interface OutlinedMount {
  readonly id: string;
  readonly required: boolean;
  /** Of the instruction that names it first. */
  readonly line?: number | undefined;
}

export interface OutlinedArgument {
  readonly name: string;
  /** As given, or as the file has it: quotes and variables are resolved, but those that only a build sets. */
  readonly value?: string | undefined;
  readonly description?: string | undefined;
  readonly line: number;
}

/** The stages of a file, in order. @throws VarveError `FRONTEND_…` with the place */
export function listTargets({ text, file = 'Dockerfile' }: Pick<LintRequest, 'text' | 'file'>, { language }: Toolbox): readonly Target[] {
  const { stages } = groupStages(parseSyntax(text, { file, language }), { language });
  return stages.map((stage) => describeTarget(stage, stages.length));
}

function describeTarget({ from, index }: DockerfileStage, count: number): Target {
  const { name, image, platform, source, comments } = from;
  const description = name === undefined ? undefined : descriptionOf(name, comments);
  return { name, index, description, isDefault: index === count - 1, base: image, platform, line: source.startLine };
}

/** A comment that begins with a name describes what has it. */
function descriptionOf(name: string, comments: readonly string[]): string | undefined {
  return comments.find((comment) => comment.startsWith(`${name} `))?.slice(name.length + 1);
}

/** What the stage `request.target`, or the last one, and those that it needs can be given. @throws VarveError `FRONTEND_…` with the place */
export async function outlineDockerfile(request: LintRequest, { language }: Toolbox): Promise<Outline> {
  const tree = parseSyntax(request.text, { file: request.file ?? 'Dockerfile', language });
  const dockerfile = groupStages(tree, { language });
  const last = String(dockerfile.stages.length - 1);
  const build: FrontendRequest = withoutBuild({ ...request, target: request.target || last });
  const silent = new Linter({ rules: [], options: { skip: 'all', experimental: new Set(), error: false }, file: tree.file });
  const plan = await lowerTree(tree, build, { language, linter: silent, isCheck: true });
  const lines = new Set(plan.stages.map(({ source }) => source?.startLine));
  const needed = dockerfile.stages.filter(({ from }) => lines.has(from.source.startLine));
  const targetLine = plan.stages.find(({ name }) => name === plan.target)?.source?.startLine;
  const target = needed.find(({ from }) => from.source.startLine === targetLine) ?? needed.at(-1);
  if (target === undefined) throw new RangeError('a plan without its target');
  return {
    target: describeTarget(target, dockerfile.stages.length),
    args: argumentsOf(dockerfile, { needed, given: build.args }),
    ...mountsOf(plan),
  };
}

interface Needing {
  readonly needed: readonly DockerfileStage[];
  readonly given: Readonly<Record<string, string>>;
}

/** Those that needed stages declare, global ones that they start from, and those that the values of these name. */
function argumentsOf({ globals, escapeCharacter }: Dockerfile, { needed, given }: Needing): readonly OutlinedArgument[] {
  const used = usedGlobals(globals, needed);
  const found = new Map<string, OutlinedArgument>();
  const declare = ({ declarations, source, comments }: ArgInstruction, values: Map<string, string>): void => {
    for (const { name, value } of declarations) {
      const known = found.get(name);
      const options = { escapeCharacter, keepUnset: true };
      const own = Object.hasOwn(given, name) ? given[name] : value === undefined ? known?.value : expandWord(value, values, options).value;
      if (own !== undefined) values.set(name, own);
      const description = descriptionOf(name, comments) ?? known?.description;
      found.set(name, { name, value: own, description, line: known?.line ?? source.startLine });
    }
  };
  const values = new Map<string, string>();
  for (const instruction of globals) {
    const declarations = instruction.declarations.filter(({ name }) => used.has(name));
    declare({ ...instruction, declarations }, values);
  }
  for (const { instructions } of needed) {
    const own = new Map<string, string>();
    for (const instruction of instructions) if (instruction.kind === 'arg') declare(instruction, own);
  }
  return [...found.values()];
}

function usedGlobals(globals: readonly ArgInstruction[], needed: readonly DockerfileStage[]): ReadonlySet<string> {
  const declared = needed.flatMap(({ instructions }) => instructions.flatMap((each) => (each.kind === 'arg' ? each.declarations : [])));
  const used = new Set([
    ...needed.flatMap(({ from }) => [from.image, from.platform ?? ''].flatMap(namesIn)),
    ...declared.map(({ name }) => name),
  ]);
  // a value may only name what is above it
  for (const { name, value = '' } of globals.flatMap(({ declarations }) => declarations).toReversed())
    if (used.has(name)) for (const other of namesIn(value)) used.add(other);
  return used;
}

/** The plan was made, so that its words can be read; here nothing is set. */
const namesIn = (word: string): readonly string[] => expandWord(word, new Map(), { keepUnset: true }).unmatched;

function mountsOf({ stages }: Plan): Pick<Outline, 'secrets' | 'ssh' | 'caches'> {
  const runs = stages.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'run' ? [step] : [])));
  const mounts = runs.flatMap((step) => step.mounts);
  return { secrets: requirements(runs, 'secret'), ssh: requirements(runs, 'ssh'), caches: idsOf(mounts).map((id) => ({ id })) };
}

function requirements(runs: readonly RunStep[], type: 'secret' | 'ssh'): readonly OutlinedMount[] {
  const found = new Map<string, OutlinedMount>();
  for (const { mounts, source } of runs)
    for (const mount of mounts) {
      if (mount.type !== type) continue;
      const { required = false, line = source?.startLine } = found.get(mount.id) ?? {};
      found.set(mount.id, { id: mount.id, required: mount.required || required, line });
    }
  return [...found.values()];
}

const idsOf = (mounts: readonly RunMount[]): readonly string[] => [
  ...new Set(mounts.flatMap((mount) => (mount.type === 'cache' ? [mount.id] : []))),
];
