import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Executor, ProcessIO, ProcessResult, ProcessSpec, RunningContainer } from '../../src/contracts/executor.ts';
import { temporaryDir } from '../temporary-dir.ts';

/** An executor whose store is the directory `root`. */
export type OpenExecutor = (root: string) => Executor | Promise<Executor>;

export interface Output extends ProcessResult {
  readonly stdout: string;
  readonly stderr: string;
}

const BUSYBOX = '/bin/busybox';
const APPLETS =
  'cat chmod cp cut dd df echo env false grep head hostname id ip kill ln ls mkdir mknod mount mv ps pwd readlink rm seq setsid sh sleep sort stat stty tail test touch tr true tty umount wc yes';

/** One executor and one root file system in directories of the test's own. */
export class ExecutorBench {
  readonly executor: Executor;
  readonly dir: string;
  /** A root with busybox, `/tmp` and the usual directories. */
  readonly root: string;
  readonly #held: RunningContainer[] = [];
  readonly #over = new AbortController();

  constructor(executor: Executor, dir: string) {
    this.executor = executor;
    this.dir = dir;
    this.root = this.makeRoot('root', ['etc', 'proc', 'dev', 'sys', 'tmp', 'root', 'run', 'var', 'home']);
  }

  static async start(t: ExecutionContext, open: OpenExecutor): Promise<ExecutorBench> {
    const dir = temporaryDir(t);
    const bench = new ExecutorBench(await open(join(dir, 'store')), dir);
    t.teardown(async () => await bench.#end());
    return bench;
  }

  /** Starts a process that ends with the test at the latest. */
  async hold(spec: ProcessSpec, io: ProcessIO): Promise<RunningContainer> {
    if (this.executor.start === undefined) throw new Error(`${this.executor.name} has no start`);
    const signal = io.signal === undefined ? this.#over.signal : AbortSignal.any([io.signal, this.#over.signal]);
    const container = await this.executor.start(spec, { ...io, signal });
    this.#held.push(container);
    return container;
  }

  async #end(): Promise<void> {
    this.#over.abort();
    await Promise.allSettled(this.#held.map(({ exit }) => exit));
  }

  /** Directories are 0755, whatever the umask; `tmp` is for everybody. */
  makeRoot(name: string, directories: readonly string[]): string {
    const root = join(this.dir, name);
    for (const directory of ['', 'bin', ...directories]) {
      mkdirSync(join(root, directory), { recursive: true });
      chmodSync(join(root, directory), directory === 'tmp' ? 0o1777 : 0o755);
    }
    copyFileSync(BUSYBOX, join(root, 'bin/busybox'));
    chmodSync(join(root, 'bin/busybox'), 0o755);
    for (const applet of APPLETS.split(' ')) symlinkSync('busybox', join(root, 'bin', applet));
    return root;
  }

  spec(args: readonly string[], changes: Partial<ProcessSpec> = {}): ProcessSpec {
    return {
      root: this.root,
      mounts: [],
      args,
      env: ['PATH=/bin', 'HOME=/root'],
      cwd: '/',
      user: { uid: 0, gid: 0, groups: [] },
      network: 'default',
      ...changes,
    };
  }

  async run(
    args: readonly string[],
    changes: Partial<ProcessSpec> = {},
    io: Partial<ProcessIO> = {},
    by: Pick<Executor, 'run'> = this.executor,
  ): Promise<Output> {
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    const result = await by.run(this.spec(args, changes), {
      stdout: (chunk) => out.push(chunk),
      stderr: (chunk) => err.push(chunk),
      ...io,
    });
    return { ...result, stdout: Buffer.concat(out).toString('latin1'), stderr: Buffer.concat(err).toString('latin1') };
  }

  /** What a shell script prints. */
  async sh(
    script: string,
    changes: Partial<ProcessSpec> = {},
    io: Partial<ProcessIO> = {},
    by: Pick<Executor, 'run'> = this.executor,
  ): Promise<Output> {
    return await this.run(['sh', '-c', script], changes, io, by);
  }
}

/** Everything that lstat(2) says of every file of a tree, but for inode numbers and the times that looking and undoing change. */
export function scan(root: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const look = (path: string): void => {
    const stats = lstatSync(join(root, path), { bigint: true });
    const link = stats.isSymbolicLink() ? readlinkSync(join(root, path)) : '';
    found[path] = [stats.mode.toString(8), stats.uid, stats.gid, stats.isDirectory() ? '' : stats.size, stats.mtimeNs, link].join(' ');
    if (stats.isDirectory()) for (const name of readdirSync(join(root, path))) look(`${path}/${name}`);
  };
  look('');
  return found;
}

/** Numbers of this host's processes whose command line has this in it. */
export const processesWith = (text: string): readonly string[] =>
  readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && commandLine(name).includes(text));

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return ''; // it has ended
  }
}

/** A number of seconds that nobody else sleeps. */
export const uniqueSleep = (): string => String(100_000 + Math.floor(Math.random() * 1e9));

/** Neither mounts nor files of a run are left. */
export function checkHost(t: ExecutionContext, { dir }: ExecutorBench): void {
  t.false(readFileSync('/proc/self/mountinfo', 'latin1').includes(dir));
  const tmp = join(dir, 'store/tmp');
  t.deepEqual(existsSync(tmp) ? readdirSync(tmp) : [], []);
}
