import type { ContainerConfig } from '@varve/core/image';
import type { Environment } from '../expand/expand-word.ts';

const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c'];
const WINDOWS_SHELL: readonly string[] = ['cmd', '/S', '/C'];

/**
 * What a stage's instructions have said so far, as far as later ones depend on it. Of a variable of the image's environment and a build
 * argument with the same name the later one counts, and the image keeps the variable.
 */
export class StageState implements Environment {
  readonly #env: Map<string, string>;
  readonly #args: Map<string, string | undefined>;
  /** What counts at this point: variables and arguments in the order in which they were set. */
  readonly #values: Map<string, string>;
  /** Of the arguments. Both lists are asked for by every RUN and seldom change between two. */
  #declared: readonly string[] | undefined;
  #ofProcess: readonly string[] | undefined;
  shell: readonly string[];
  workingDir: string;
  user: string;
  /** Variables, labels, ports and volumes that the stage's instructions gave so far. */
  entries = 0;
  /** Triggers that the stage's own ONBUILD added. */
  onbuild: readonly string[] = [];
  /** The stage has a CMD of its own. */
  hasCmd = false;
  /** This file has said where to work, here or in a stage below. */
  hasWorkdir = false;

  private constructor(
    parts: Pick<StageState, 'shell' | 'workingDir' | 'user'>,
    env: Map<string, string>,
    args: Map<string, string | undefined>,
  ) {
    this.shell = parts.shell;
    this.workingDir = parts.workingDir;
    this.user = parts.user;
    this.#env = env;
    this.#args = args;
    // a base's variables are set anew where a stage starts from it
    const given = [...args].flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
    this.#values = new Map([...given, ...env]);
  }

  static ofConfig({ Env, Shell, WorkingDir, User }: Partial<ContainerConfig>, os: string): StageState {
    const usual = os === 'windows' ? WINDOWS_SHELL : DEFAULT_SHELL;
    const shell = Shell == null || Shell.length === 0 ? usual : Shell;
    const parts = { shell, workingDir: WorkingDir || '/', user: User ?? '' };
    return new StageState(parts, new Map((Env ?? []).map(splitVariable)), new Map());
  }

  /** A stage that starts from this one inherits everything, build arguments included. */
  inherit(): StageState {
    const state = new StageState(this, new Map(this.#env), new Map(this.#args));
    state.hasWorkdir = this.hasWorkdir;
    return state;
  }

  /** Somebody chose a shell. */
  get hasShell(): boolean {
    return this.shell !== DEFAULT_SHELL && this.shell !== WINDOWS_SHELL;
  }

  /** Everything that is set. */
  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  setEnv(name: string, value: string): void {
    if (this.#args.has(name)) this.#forget();
    this.#env.set(name, value);
    this.#values.set(name, value);
  }

  hasEnv(name: string): boolean {
    return this.#env.has(name);
  }

  /** Declared without a value, an argument changes nothing: it keeps the one it has, or that of the environment. */
  declareArg(name: string, value: string | undefined): void {
    this.#forget();
    this.#args.set(name, value ?? this.#args.get(name));
    if (value !== undefined) this.#values.set(name, value);
  }

  hasArg(name: string): boolean {
    return this.#args.has(name);
  }

  /** `name=value` of every build argument declared so far, in order; one that is set nowhere counts as empty. */
  declaredArgs(): readonly string[] {
    this.#declared ??= [...this.#args.keys()].map((name) => `${name}=${this.get(name) ?? ''}`);
    return this.#declared;
  }

  /** What a process gets over the image's environment. */
  processArgs(): readonly string[] {
    this.#ofProcess ??= [...this.#args.keys()].flatMap((name) => {
      const value = this.#values.get(name);
      return value === undefined || value === this.#env.get(name) ? [] : [`${name}=${value}`];
    });
    return this.#ofProcess;
  }

  #forget(): void {
    this.#declared = undefined;
    this.#ofProcess = undefined;
  }
}

function splitVariable(variable: string): readonly [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}
