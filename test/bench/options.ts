import { parseArgs } from 'node:util';

/** What to run, and how often. */
export interface Options {
  /** Workloads by name; `W3` stands for `W3r` and `W3t`. Empty: all. */
  readonly workloads: readonly string[];
  /** Builders by name. Empty: all that are installed. */
  readonly builders: readonly string[];
  readonly runs: number;
  /** Factor for numbers and sizes of files. */
  readonly scale: number;
  /** Where the folder with all state is made and removed. */
  readonly dir: string | undefined;
  readonly json: string;
  /** Root filesystem of Debian, as a tar. */
  readonly debian: string;
  readonly setUp: boolean;
  readonly help: boolean;
}

/** What `--help` prints. */
export const HELP = `Usage: npm run bench -- [options] [workload ...]

  --only <W2,W7>         these workloads, as if they were named without it
  --runs, --rounds <n>   how often each workload is run with each builder (default 3)
  --scale <factor>       of numbers and sizes of files (default 1)
  --builders <a,b>       varve, podman, buildah, docker, buildkit, skopeo (default: all that are installed)
  --dir <dir>            where the temporary folder is made (default: the system's)
  --json <file>          where all samples go (default .varve/bench.json)
  --debian <file>        tar of a Debian root filesystem (default: the one of the tests' set-up)
  --set-up               install Debian's podman, buildah, docker-registry … before
`;

/** Reads the arguments of `npm run bench`. */
export function readOptions(args: readonly string[], root: string): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      runs: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      builders: { type: 'string', default: '' },
      dir: { type: 'string' },
      json: { type: 'string', default: `${root}/.varve/bench.json` },
      debian: { type: 'string', default: `${root}/.varve/debian-bookworm.tar` },
      'set-up': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  return {
    workloads: [...positionals, ...listOf(values.only)],
    builders: listOf(values.builders),
    runs: positive(values.runs ?? values.rounds, '--runs'),
    scale: positive(values.scale, '--scale'),
    dir: values.dir,
    json: values.json,
    debian: values.debian,
    setUp: values['set-up'],
    help: values.help,
  };
}

const listOf = (text: string): readonly string[] => text.split(',').filter((name) => name !== '');

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`${name} needs a number above 0, got ${JSON.stringify(text)}`);
  return value;
}

/** Whether a workload was asked for: by its name, or by what it is a variant of. */
export function isWanted(id: string, names: readonly string[]): boolean {
  const wanted = names.map((name) => name.toLowerCase());
  return wanted.length === 0 || wanted.includes(id.toLowerCase()) || wanted.includes(id.replace(/[a-z]$/, '').toLowerCase());
}
