import type { FrontendRequest, Plan, RunMount } from '@varve/core';
import type { Toolbox } from './dockerfile-frontend.ts';
import { lowerTree } from './dockerfile-frontend.ts';
import { expandWord } from './expand/expand-word.ts';
import type { Dockerfile, DockerfileStage } from './instructions/instruction.ts';
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
  readonly secrets: readonly { readonly id: string; readonly required: boolean }[];
  readonly ssh: readonly { readonly id: string; readonly required: boolean }[];
  readonly caches: readonly { readonly id: string }[];
}

export interface OutlinedArgument {
  readonly name: string;
  /** As given, or as the file has it. */
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

/** Those that needed stages declare, and global ones that they start from. */
function argumentsOf({ globals }: Dockerfile, { needed, given }: Needing): readonly OutlinedArgument[] {
  const found = new Map<string, OutlinedArgument>();
  const used = new Set(needed.flatMap(({ from }) => [from.image, from.platform ?? ''].flatMap(namesIn)));
  const declared = needed.flatMap(({ instructions }) => instructions.filter((each) => each.kind === 'arg'));
  const names = new Set(declared.flatMap(({ declarations }) => declarations.map(({ name }) => name)));
  for (const { declarations, source, comments } of [...globals, ...declared]) {
    for (const { name, value } of declarations) {
      if (!names.has(name) && !used.has(name)) continue;
      const known = found.get(name);
      const description = descriptionOf(name, comments) ?? known?.description;
      const own = Object.hasOwn(given, name) ? given[name] : (value ?? known?.value);
      found.set(name, { name, value: own, description, line: known?.line ?? source.startLine });
    }
  }
  return [...found.values()];
}

/** The plan was made, so that its words can be read; here nothing is set. */
const namesIn = (word: string): readonly string[] => expandWord(word, new Map(), { keepUnset: true }).unmatched;

function mountsOf({ stages }: Plan): Pick<Outline, 'secrets' | 'ssh' | 'caches'> {
  const mounts = stages.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'run' ? step.mounts : [])));
  return { secrets: requirements(mounts, 'secret'), ssh: requirements(mounts, 'ssh'), caches: idsOf(mounts).map((id) => ({ id })) };
}

function requirements(mounts: readonly RunMount[], type: 'secret' | 'ssh'): Outline['secrets'] {
  const found = new Map<string, boolean>();
  for (const mount of mounts) if (mount.type === type) found.set(mount.id, mount.required || (found.get(mount.id) ?? false));
  return [...found].map(([id, required]) => ({ id, required }));
}

const idsOf = (mounts: readonly RunMount[]): readonly string[] => [
  ...new Set(mounts.flatMap((mount) => (mount.type === 'cache' ? [mount.id] : []))),
];
