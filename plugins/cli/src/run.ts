import { COMMANDS, createKernel, type Kernel, type PendingTap } from '@varve/core';
import { exitCodeOf, printError } from '@varve/core/command';
import type { Chosen } from './adapt-command.ts';
import { loadToolchain } from './config.ts';
import { type Globals, pathIn, readGlobals, rootOf } from './globals.ts';
import { cli } from './index.ts';
import type { Io } from './io.ts';
import { parseCommandLine } from './program.ts';

/** One run of the command line. It knows what it waits for, so that whoever started it can say why nothing goes on. */
export class Run {
  readonly #io: Io;
  readonly #signal: AbortSignal;
  #kernel: Kernel | undefined;
  #debug = false;

  constructor(io: Io, signal: AbortSignal) {
    this.#io = io;
    this.#signal = signal;
  }

  get pending(): readonly PendingTap[] {
    return this.#kernel?.pending ?? [];
  }

  /** Exit code: 0 done, 1 failed, 2 misused, or what the user's own process ended with. Never rejects. */
  async main(argv: readonly string[]): Promise<number> {
    try {
      return await this.#dispatch(argv, readGlobals(argv));
    } catch (error) {
      return this.fail(this.#isAbort(error) ? this.#signal.reason : error);
    }
  }

  /** Node's own functions tell of an abort in their own words, whatever its reason. */
  #isAbort(error: unknown): boolean {
    return this.#signal.aborted && error instanceof Error && error.name === 'AbortError';
  }

  /** Prints an error and returns the exit code that goes with it. */
  fail(error: unknown): number {
    printError(error, { stderr: this.#io.stderr, debug: this.#debug });
    return exitCodeOf(error, this.#signal);
  }

  async #dispatch(argv: readonly string[], globals: Globals): Promise<number> {
    this.#debug = globals.debug;
    const { kernel: assembled, configFile } = await assemble(globals);
    await using kernel = assembled;
    this.#kernel = kernel;
    const chosen = parseCommandLine(kernel.all(COMMANDS), argv, (text) => void this.#io.stdout.write(text));
    if (chosen === undefined) return 0;
    const wanted = withOwn(globals, chosen);
    this.#debug = wanted.debug;
    if (wanted.root !== globals.root || wanted.config !== globals.config) return await this.#dispatch(argv, wanted);
    const { command, values, positionals } = chosen;
    const io = this.#io;
    const streams = { stdout: io.stdout, stderr: io.stderr, signal: this.#signal };
    return await command.run({
      host: kernel,
      values,
      positionals,
      again: [...startedBy(), '--root', kernel.root, ...(configFile === undefined ? [] : ['--config', configFile])],
      ...streams,
      get stdin() {
        return io.stdin;
      },
    });
  }
}

/** Global options written after the command's name. */
function withOwn(globals: Globals, { values }: Chosen): Globals {
  const { root, config, debug } = values;
  return {
    root: typeof root === 'string' ? pathIn('root', root) : globals.root,
    config: typeof config === 'string' ? pathIn('config', config) : globals.config,
    debug: globals.debug || debug === true,
  };
}

const startedBy = (): readonly string[] => [process.execPath, ...process.execArgv, process.argv[1] ?? ''];

async function assemble(globals: Globals): Promise<{ readonly kernel: Kernel; readonly configFile: string | undefined }> {
  const { plugins, options, root, storage, executor, file } = await loadToolchain(process.cwd(), globals.config);
  const all = plugins.some((plugin) => plugin.name === cli.name) ? plugins : [...plugins, cli];
  const own = { storage, executor, configFile: file };
  const place = rootOf(globals, root, process.env);
  const kernel = createKernel({ root: place, plugins: all, options: { ...options, [cli.name]: own }, storage, executor });
  return { kernel, configFile: file };
}
