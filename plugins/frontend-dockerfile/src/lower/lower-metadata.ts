import type { ConfigStep } from '@varve/core';
import type { ContainerConfig, Healthcheck } from '@varve/core/image';
import type {
  ArgInstruction,
  CmdInstruction,
  CommandLine,
  EntrypointInstruction,
  EnvInstruction,
  ExposeInstruction,
  HealthcheckInstruction,
  LabelInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  Pair,
  ShellInstruction,
  StageInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
} from '../instructions/instruction.ts';
import { expandPorts } from '../instructions/ports.ts';
import { isSignal } from '../instructions/signals.ts';
import { ownValue } from './build-arguments.ts';
import { healthcheckText, plainList, quotedList, row } from './history.ts';
import type { StageScope } from './stage-scope.ts';

interface Change {
  readonly patch: Partial<ContainerConfig>;
  readonly createdBy?: string;
  readonly author?: string;
}

/** Of an environment, or a label. */
interface Variable {
  readonly name: string;
  readonly value: string;
}

function configStep({ text, source }: StageInstruction, { patch, createdBy, author }: Change): readonly [ConfigStep] {
  const history = createdBy === undefined ? undefined : row(createdBy);
  return [{ kind: 'config', title: text, source, history, patch, author }];
}

/** All values are expanded before any of them counts: `ENV a=1 b=$a` sees the old `a`. */
const expandPairs = (pairs: readonly Pair[], { expand }: StageScope): readonly Variable[] =>
  pairs.map(({ key, value }) => ({ name: expand(key), value: expand(value) }));

const assigned = ({ name, value }: Variable): string => `${name}=${value}`;

/** Each instruction that adds to the config makes a new one, with all that is in it. */
function payFor(count: number, { state, build }: StageScope): void {
  state.entries += count;
  build.budget.spend(state.entries);
}

export function lowerEnv(instruction: EnvInstruction, scope: StageScope): readonly ConfigStep[] {
  const pairs = expandPairs(instruction.pairs, scope);
  payFor(pairs.length, scope);
  const written = pairs.map(assigned);
  const last = new Map<string, string>();
  pairs.forEach(({ name, value }, at) => {
    scope.state.setEnv(name, value);
    last.set(name, written[at] ?? '');
  });
  return configStep(instruction, { patch: { Env: [...last.values()] }, createdBy: `ENV ${written.join(' ')}` });
}

export function lowerLabel(instruction: LabelInstruction, scope: StageScope): readonly ConfigStep[] {
  const pairs = expandPairs(instruction.pairs, scope);
  payFor(pairs.length, scope);
  const Labels = Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
  return configStep(instruction, { patch: { Labels }, createdBy: `LABEL ${pairs.map(assigned).join(' ')}` });
}

/** Nothing of the config: only a row, and a name for what follows. */
export function lowerArg(instruction: ArgInstruction, scope: StageScope): readonly ConfigStep[] {
  const rows = instruction.declarations.map((declaration) => {
    const value = argumentValue(declaration, scope);
    scope.state.declareArg(declaration.name, value);
    scope.build.asked.add(declaration.name);
    return value === undefined ? declaration.name : `${declaration.name}=${value}`;
  });
  return configStep(instruction, { patch: {}, createdBy: `ARG ${rows.join(' ')}` });
}

function argumentValue({ name, value }: ArgInstruction['declarations'][number], { build, expand }: StageScope): string | undefined {
  const given = ownValue(build.args, name);
  if (given !== undefined) return given;
  return value === undefined ? build.globals.get(name) : expand(value);
}

function withShell({ form, args }: CommandLine, { state }: StageScope): readonly string[] {
  return form === 'exec' ? args : [...state.shell, args.join(' ')];
}

export function lowerCmd(instruction: CmdInstruction, scope: StageScope): readonly ConfigStep[] {
  const args = withShell(instruction.command, scope);
  scope.state.hasCmd = true;
  const patch = { Cmd: args.length === 0 ? null : args, ArgsEscaped: true };
  return configStep(instruction, { patch, createdBy: `CMD ${quotedList(args)}` });
}

/** Without a CMD of the stage's own, one that came with the base image made sense only for the old entrypoint. */
export function lowerEntrypoint(instruction: EntrypointInstruction, scope: StageScope): readonly ConfigStep[] {
  const args = withShell(instruction.command, scope);
  const patch = { Entrypoint: args.length === 0 ? null : args, ...(!scope.state.hasCmd && { Cmd: null }) };
  return configStep(instruction, { patch, createdBy: `ENTRYPOINT ${quotedList(args)}` });
}

export function lowerShell(instruction: ShellInstruction, { state }: StageScope): readonly ConfigStep[] {
  state.shell = instruction.args;
  return configStep(instruction, { patch: { Shell: instruction.args }, createdBy: `SHELL ${plainList(instruction.args)}` });
}

export function lowerUser(instruction: UserInstruction, { expand, state }: StageScope): readonly ConfigStep[] {
  const user = expand(instruction.user);
  state.user = user;
  return configStep(instruction, { patch: { User: user }, createdBy: `USER ${user}` });
}

/** What a port takes up in config and history, in characters: a few words can mean millions. */
const PORT = 64;

/** The only instruction whose values are split into words after expansion. */
export function lowerExpose(instruction: ExposeInstruction, scope: StageScope): readonly ConfigStep[] {
  const ports = instruction.ports.flatMap(scope.expandWords).flatMap((word) => {
    const range = expandPorts(word);
    scope.build.budget.spend(PORT * range.length);
    return range;
  });
  payFor(ports.length, scope);
  const ExposedPorts = Object.fromEntries(ports.map((port) => [port, {}]));
  return configStep(instruction, { patch: { ExposedPorts }, createdBy: `EXPOSE ${plainList(ports)}` });
}

export function lowerVolume(instruction: VolumeInstruction, scope: StageScope): readonly ConfigStep[] {
  const paths = instruction.paths.map(scope.expand);
  payFor(paths.length, scope);
  if (paths.includes('')) scope.fail('VOLUME specified can not be an empty string');
  const Volumes = Object.fromEntries(paths.map((path) => [path, {}]));
  return configStep(instruction, { patch: { Volumes }, createdBy: `VOLUME ${plainList(paths)}` });
}

export function lowerStopsignal(instruction: StopsignalInstruction, { expand, fail }: StageScope): readonly ConfigStep[] {
  const signal = expand(instruction.signal);
  if (!isSignal(signal)) fail(`invalid signal: ${signal}`, 'STOPSIGNAL SIGTERM');
  return configStep(instruction, { patch: { StopSignal: signal }, createdBy: `STOPSIGNAL ${signal}` });
}

export function lowerMaintainer(instruction: MaintainerInstruction): readonly ConfigStep[] {
  return configStep(instruction, { patch: {}, author: instruction.name, createdBy: `MAINTAINER ${instruction.name}` });
}

export function lowerHealthcheck(instruction: HealthcheckInstruction): readonly ConfigStep[] {
  const test = healthcheckTest(instruction.command);
  const Healthcheck: Healthcheck = {
    Test: test,
    ...(instruction.interval > 0 && { Interval: instruction.interval }),
    ...(instruction.timeout > 0 && { Timeout: instruction.timeout }),
    ...(instruction.startPeriod > 0 && { StartPeriod: instruction.startPeriod }),
    ...(instruction.startInterval > 0 && { StartInterval: instruction.startInterval }),
    ...(instruction.retries > 0 && { Retries: instruction.retries }),
  };
  return configStep(instruction, { patch: { Healthcheck }, createdBy: healthcheckText(test, instruction) });
}

function healthcheckTest(command: CommandLine | undefined): readonly string[] {
  if (command === undefined) return ['NONE'];
  return [command.form === 'exec' ? 'CMD' : 'CMD-SHELL', ...command.args];
}

/** No row: BuildKit writes none. */
export function lowerOnbuild(instruction: OnbuildInstruction, { state, build }: StageScope): readonly ConfigStep[] {
  // each step has the whole list so far
  build.budget.spend(8 * state.onbuild.length);
  state.onbuild = [...state.onbuild, instruction.trigger];
  return configStep(instruction, { patch: { OnBuild: state.onbuild } });
}
