import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { ExecutionContext, TestFn } from 'ava';
import { type Outcome, type RunOptions, Workbench } from '../helpers/varve.ts';

/** What containers are tried on: each storage driver and each executor that can hold them is in one of the two. */
const TOOLCHAINS = [
  { title: 'overlay2, namespaces', config: { storage: 'overlay2', executor: 'namespaces' } },
  { title: 'vfs, runc', config: { storage: 'vfs', executor: 'oci', options: { '@varve/executor-oci': { runtime: 'runc' } } } },
] as const;
export const CRUN = { storage: 'overlay2', executor: 'oci', options: { '@varve/executor-oci': { runtime: 'crun' } } } as const;

interface Toolchain {
  readonly executor: string;
}

/** A store with the image `busybox`, in which containers are made and removed. */
export class ContainerBench extends Workbench {
  /** Name of the one that holds its containers. */
  readonly executor: string;

  private constructor({ executor }: Toolchain) {
    super();
    this.executor = executor;
  }

  static async start(t: ExecutionContext, config: Toolchain = TOOLCHAINS[0].config): Promise<ContainerBench> {
    const bench = new ContainerBench(config);
    await bench.importBusybox();
    writeFileSync(bench.path('varve.config.json'), JSON.stringify(config));
    t.teardown(async () => {
      const up = bench.#up();
      if (up.length > 0) await bench.must(['rm', '-f', ...up]);
      bench[Symbol.dispose]();
    });
    return bench;
  }

  /** Containers that were not seen to end: what else there is goes with the folder. Read here, because a command takes its time. */
  #up(): readonly string[] {
    const tables = this.path('root/db/containers.sqlite');
    if (!existsSync(tables)) return [];
    using database = new DatabaseSync(tables, { timeout: 20_000 });
    return database
      .prepare("SELECT id FROM containers WHERE status IN ('running', 'paused')")
      .all()
      .map(({ id }) => String(id));
  }

  /** What a command writes, in lines, with what differs each time masked: IDs, names that were made up, times. */
  async transcript(args: readonly string[], options?: RunOptions): Promise<readonly string[]> {
    return transcriptOf(await this.varve(args, options));
  }

  /** Files that a test of this process has to know. */
  read(...names: readonly string[]): string {
    return readFileSync(this.path(...names), 'utf8');
  }
}

export const transcriptOf = ({ code, stdout, stderr }: Outcome): readonly string[] => [
  ...masked(stdout),
  ...masked(stderr).filter((line) => !line.startsWith('[')),
  ...(code === 0 ? [] : [`exit ${code}`]),
];

const masked = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) =>
      line
        .replace(/\b[0-9a-f]{64}\b/g, '<id>')
        .replace(/\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b/g, '<short>')
        .replace(/(?:Less than a second|\d+ seconds?|About a minute|\d+ minutes?)(?= |$)/g, '<age>')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
        .replace(/ {2,}/g, '  '),
    );

type Body = (t: ExecutionContext, bench: ContainerBench) => Promise<void>;

/** Milliseconds: a busy machine takes seconds for each command. One after the other, since each test starts processes enough. */
const TIMEOUT = 200_000;

/** One claim on every toolchain. */
export function onEach(test: TestFn, title: string, body: Body): void {
  for (const toolchain of TOOLCHAINS) on(test, `${title} (${toolchain.title})`, toolchain.config, body);
}

/** One claim on this toolchain. */
export function on(test: TestFn, title: string, config: Toolchain, body: Body): void {
  test.serial(title, async (t) => {
    t.timeout(TIMEOUT);
    await body(t, await ContainerBench.start(t, config));
  });
}

/** One claim for which the toolchain does not matter. */
export function once(test: TestFn, title: string, body: Body): void {
  on(test, title, TOOLCHAINS[0].config, body);
}

export const lines = ({ stdout }: Pick<Outcome, 'stdout'>): readonly string[] => stdout.split('\n').filter(Boolean);
