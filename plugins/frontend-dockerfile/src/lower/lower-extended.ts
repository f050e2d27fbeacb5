import { type Step, VarveError } from '@varve/core';
import type { StageInstruction } from '../instructions/instruction.ts';
import { parseInstruction } from '../instructions/parse-instruction.ts';
import type { ExtensionScope } from '../language/extension.ts';
import { parseSyntax } from '../parser/parse-syntax.ts';
import { instructionError } from '../parser/syntax-error.ts';
import { lowerInstruction } from './lower-instruction.ts';
import type { Lowering, StageWalk } from './lowering.ts';

/** Deep enough for texts that include others, shallow enough to notice one that includes itself. */
const DEEPEST = 20;

interface Here {
  readonly walk: StageWalk;
  readonly lowering: Lowering;
}

/** The steps of an instruction: of Docker's own, or of one or with flags that other plugins brought. */
export async function lowerExtended(instruction: StageInstruction, here: Here): Promise<readonly Step[]> {
  const steps = instruction.kind === 'custom' ? await lowerCustom(instruction, here) : lowerInstruction(instruction, here.walk.scope);
  return instruction.added === undefined ? steps : await applyFlags(instruction, steps, here);
}

async function lowerCustom(instruction: Extract<StageInstruction, { kind: 'custom' }>, here: Here): Promise<readonly Step[]> {
  const extension = here.lowering.options.language.instructions.get(instruction.name);
  if (extension === undefined) throw new RangeError(`no instruction ${instruction.name}`);
  return await extension.lower(instruction, extensionScope(here));
}

async function applyFlags({ keyword, added = {} }: StageInstruction, steps: readonly Step[], here: Here): Promise<readonly Step[]> {
  let changed = steps;
  for (const flag of here.lowering.options.language.flags.get(keyword.toUpperCase()) ?? []) {
    const value = Object.hasOwn(added, flag.name) ? added[flag.name] : undefined;
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (isGiven) changed = await flag.apply(changed, value, extensionScope(here));
  }
  return changed;
}

function extensionScope({ walk, lowering }: Here): ExtensionScope {
  const { scope } = walk;
  const { state, expand, expandWords, tree, fail, build } = scope;
  return {
    expand,
    expandWords,
    tree,
    fail,
    warn: (warning) => build.warn({ source: scope.source, ...warning }),
    readContext: (path) => lowering.options.request.readContext(path),
    lowerText: (text, file) => lowerText(text, file, { walk, lowering }),
    get workingDir() {
      return state.workingDir;
    },
    get user() {
      return state.user;
    },
    get shell() {
      return state.shell;
    },
  };
}

async function lowerText(text: string, file: string, { walk, lowering }: Here): Promise<readonly Step[]> {
  const { language, linter } = lowering.options;
  if (walk.depth >= DEEPEST) {
    throw new VarveError('FRONTEND_LIMIT', `texts are included more than ${DEEPEST} deep`, {
      source: walk.scope.source,
      hint: 'Does one include itself?',
    });
  }
  const tree = parseSyntax(text, { file, language });
  linter.ask('tree', tree);
  const { build, state } = walk.scope;
  const expansion = { ...build.expansion, escapeCharacter: tree.escapeCharacter };
  const scope = lowering.scopeFor({ index: walk.index, state, build: { ...build, expansion } });
  const inner: StageWalk = { ...walk, scope, depth: walk.depth + 1 };
  const steps: Step[] = [];
  for (const node of tree.nodes) {
    const source = { file, startLine: node.start, endLine: node.end };
    linter.ask('node', { node, source, comments: node.comments }, node.cmd);
    const instruction = parseInstruction(node, source, language);
    if (instruction.kind === 'from')
      throw instructionError('FROM cannot stand in the middle of a stage', source, 'Put it into the file itself');
    steps.push(...(await lowering.lowerInstruction(instruction, inner)));
  }
  return steps;
}
