import type { SourceRange } from '@varve/core';
import type { Directive } from '../parser/directives.ts';
import type { Heredoc, SyntaxWarning } from '../parser/syntax-node.ts';
import type { Escape } from '../parser/text.ts';
import type { Device } from './device.ts';
import type { FlagValue } from './flags.ts';

/** What every instruction has. Words are as written: expansion needs a build, checking does not. */
export interface InstructionBase<K extends string> {
  readonly kind: K;
  /** As the user spelled it. */
  readonly keyword: string;
  /** The whole instruction on one line. */
  readonly text: string;
  readonly source: SourceRange;
  /** Comment lines right above. */
  readonly comments: readonly string[];
  /** Names of the flags that were given, in order. */
  readonly flags: readonly string[];
  /** Values of the flags that other plugins added, by name. */
  readonly added?: Readonly<Record<string, FlagValue>> | undefined;
}

export interface FromInstruction extends InstructionBase<'from'> {
  readonly image: string;
  /** In lower case: stages are found whatever the case. */
  readonly name?: string | undefined;
  readonly nameAsWritten?: string | undefined;
  /** `AS` as the user spelled it. */
  readonly asKeyword?: string | undefined;
  readonly platform?: string | undefined;
}

export interface Pair {
  readonly key: string;
  readonly value: string;
  /** `=`, or empty for the old form with a blank. */
  readonly separator: string;
}
export interface EnvInstruction extends InstructionBase<'env'> {
  readonly pairs: readonly Pair[];
}
export interface LabelInstruction extends InstructionBase<'label'> {
  readonly pairs: readonly Pair[];
}

export interface ArgDeclaration {
  readonly name: string;
  readonly value?: string | undefined;
}
export interface ArgInstruction extends InstructionBase<'arg'> {
  readonly declarations: readonly ArgDeclaration[];
}

/** A command: one text for a shell, or a process's arguments. */
export interface CommandLine {
  readonly form: 'shell' | 'exec';
  readonly args: readonly string[];
}
export interface RunInstruction extends InstructionBase<'run'> {
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  /** Values of `--mount`: comma-separated fields, variables in them not expanded. */
  readonly mounts: readonly string[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly devices: readonly Device[];
}
export interface CmdInstruction extends InstructionBase<'cmd'> {
  readonly command: CommandLine;
}
export interface EntrypointInstruction extends InstructionBase<'entrypoint'> {
  readonly command: CommandLine;
}
export interface ShellInstruction extends InstructionBase<'shell'> {
  readonly args: readonly string[];
}

interface Transfer {
  readonly sources: readonly string[];
  /** Sources written in the file itself. */
  readonly documents: readonly Heredoc[];
  readonly dest: string;
  readonly chown?: string | undefined;
  readonly chmod?: string | undefined;
  readonly link: boolean;
  readonly exclude: readonly string[];
}
export interface CopyInstruction extends InstructionBase<'copy'>, Transfer {
  readonly from?: string | undefined;
  readonly parents: boolean;
}
export interface AddInstruction extends InstructionBase<'add'>, Transfer {
  readonly checksum?: string | undefined;
  readonly keepGitDir?: boolean | undefined;
  readonly unpack?: boolean | undefined;
}

export interface HealthcheckInstruction extends InstructionBase<'healthcheck'> {
  /** `undefined`: no check at all, also not the base image's. */
  readonly command?: CommandLine | undefined;
  /** Nanoseconds; 0: the base image's or the default. */
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export interface OnbuildInstruction extends InstructionBase<'onbuild'> {
  /** What is put off, as text: heredocs included. */
  readonly trigger: string;
  readonly triggerKeyword: string;
}
export interface ExposeInstruction extends InstructionBase<'expose'> {
  readonly ports: readonly string[];
}
export interface VolumeInstruction extends InstructionBase<'volume'> {
  readonly paths: readonly string[];
}
export interface WorkdirInstruction extends InstructionBase<'workdir'> {
  readonly path: string;
}
export interface UserInstruction extends InstructionBase<'user'> {
  readonly user: string;
}
export interface StopsignalInstruction extends InstructionBase<'stopsignal'> {
  readonly signal: string;
}
export interface MaintainerInstruction extends InstructionBase<'maintainer'> {
  readonly name: string;
}

/** An instruction that another plugin brought. */
export interface CustomInstruction extends InstructionBase<'custom'> {
  /** Upper case. */
  readonly name: string;
  readonly args: readonly string[];
  /** They were a JSON array. */
  readonly json: boolean;
  readonly heredocs: readonly Heredoc[];
  /** Of the flags that it has itself. */
  readonly values: Readonly<Record<string, FlagValue>>;
}

/** One of Docker's own that can stand below FROM. */
export type DockerInstruction =
  | AddInstruction
  | ArgInstruction
  | CmdInstruction
  | CopyInstruction
  | EntrypointInstruction
  | EnvInstruction
  | ExposeInstruction
  | HealthcheckInstruction
  | LabelInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | RunInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction;

/** Everything that can stand below FROM. */
export type StageInstruction = DockerInstruction | CustomInstruction;

export type Instruction = FromInstruction | StageInstruction;

export interface DockerfileStage {
  readonly index: number;
  readonly from: FromInstruction;
  readonly instructions: readonly StageInstruction[];
}

/** A whole file: lint rules and the lowering both read it. */
export interface Dockerfile {
  readonly file: string;
  readonly escapeCharacter: Escape;
  readonly directives: readonly Directive[];
  /** ARG before the first FROM. */
  readonly globals: readonly ArgInstruction[];
  readonly stages: readonly DockerfileStage[];
  readonly warnings: readonly SyntaxWarning[];
}
