import type { RunMount, RunStep } from '@varve/core';
import type { RunInstruction } from '../instructions/instruction.ts';
import { heredocContent, isHeredocWord } from '../parser/heredoc.ts';
import { layerRow } from './history.ts';
import { lowerMount, treeOfMount } from './lower-mount.ts';
import { resolvePath } from './lower-workdir.ts';
import type { StageScope } from './stage-scope.ts';

const SCRIPTS = '/dev/pipes';

export function lowerRun(instruction: RunInstruction, scope: StageScope): readonly RunStep[] {
  const { state, build } = scope;
  const { args, scripts } = processOf(instruction, scope);
  const mounts = instruction.mounts.map((text) => lowerMount(text, scope));
  const declared = state.declaredArgs();
  const prefix = declared.length === 0 ? '' : `|${declared.length} ${declared.join(' ')} `;
  build.budget.spend(prefix.length);
  return [
    {
      kind: 'run',
      title: titleOf(instruction),
      source: instruction.source,
      history: layerRow(`RUN ${prefix}${args.join(' ')}`),
      inputs: inputsOf(mounts),
      args,
      env: state.processArgs(),
      hiddenEnv: hiddenEnvironment(scope),
      network: instruction.network,
      security: instruction.security === 'insecure' ? 'insecure' : undefined,
      devices: instruction.devices.length === 0 ? undefined : instruction.devices,
      mounts,
      scripts,
    },
  ];
}

interface Process {
  readonly args: readonly string[];
  readonly scripts: NonNullable<RunStep['scripts']>;
}

/** Variables in heredocs are the shell's: the builder expands none. */
function processOf({ command, heredocs }: RunInstruction, { state }: StageScope): Process {
  if (command.form === 'exec') return { args: command.args, scripts: [] };
  const [first] = heredocs;
  const text = command.args.join(' ');
  if (first === undefined) return { args: [...state.shell, text], scripts: [] };
  if (!isHeredocWord(text)) return { args: [...state.shell, withBodies(text, heredocs)], scripts: [] };
  const content = heredocContent(first);
  if (!content.startsWith('#!')) return { args: [...state.shell, content], scripts: [] };
  // whatever its name, it stays there
  const path = SCRIPTS + resolvePath('/', first.name);
  return { args: [...state.shell, path], scripts: [{ path, content }] };
}

function withBodies(text: string, heredocs: RunInstruction['heredocs']): string {
  return [text, ...heredocs.map(({ content, name }) => content + name)].join('\n');
}

/** A script says how it begins. */
function titleOf({ text, heredocs, command }: RunInstruction): string {
  const [first] = heredocs;
  if (first === undefined || !isHeredocWord(command.args.join(' '))) return text;
  const [line = '', ...more] = first.content.trim().split(/\r?\n/, 2);
  return `${text} (${line}${more.length > 0 ? '...' : ''})`;
}

const inputsOf = (mounts: readonly RunMount[]): RunStep['inputs'] => mounts.flatMap((mount) => treeOfMount(mount) ?? []);

/** A proxy that is declared, or part of the image, is an ordinary variable. */
function hiddenEnvironment({ state, build }: StageScope): readonly string[] {
  return build.proxies.filter((variable) => {
    const [name = ''] = variable.split('=', 1);
    return !state.hasEnv(name) && !state.hasArg(name);
  });
}
