import type { Readable, Writable } from 'node:stream';
import type { Host } from './host.ts';

export interface CommandOption {
  readonly type: 'boolean' | 'string';
  /** One letter. */
  readonly short?: string;
  /** May be given several times; its value is a list. */
  readonly multiple?: boolean;
  /** Shown in help. */
  readonly description: string;
  /** Of a boolean: words that may stand behind `=` besides `true` and `false`; the value is then the word (`--pull=never`). */
  readonly words?: readonly string[];
  /** Name of the value in help, `<path>`. */
  readonly value?: string;
  /** `true`: not shown in help (accepted for compatibility). */
  readonly hidden?: boolean;
}

export interface Invocation {
  readonly host: Host;
  /** By long option name, as given: `string`, `boolean`, or a list for `multiple`. */
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  /** Program and first arguments that start this toolchain anew, with the same root and configuration; a command follows. */
  readonly again?: readonly string[] | undefined;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

/** What `inspect` shows besides images; contributed to `INSPECTABLES`. */
export interface Inspectable {
  /** As in `--type`: `container`, `volume`. */
  readonly type: string;
  /** Members with free keys are `Map`s. `undefined`: nothing of this type has this name. */
  inspect(name: string): Promise<object | undefined>;
  /** In which state each of them is: `running`, `paused`, `exited`. `info` counts them. */
  states?(): Promise<readonly string[]>;
}

/** One verb of the command line. It parses, calls the kernel and prints; plugins add theirs to `COMMANDS`. */
export interface Command {
  /** `build`, or with a group in front: `image ls`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** The positionals as help shows them: `<image>...`. */
  readonly usage?: string;
  readonly options?: Readonly<Record<string, CommandOption>>;
  /** Options end at the first positional: what follows belongs to a program that is started (`run image ls -l`). */
  readonly passThrough?: boolean;
  /** Exit code when its command line is misused; default 2. */
  readonly misused?: number;
  /** Not listed in help: for processes that the toolchain starts itself. */
  readonly hidden?: boolean;
  /** Exit code: 0 done, 1 failed, 2 misused. */
  run(invocation: Invocation): Promise<number>;
}
