import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const DIST = join(REPOSITORY, 'plugins/cli/dist');
const isBuilt = existsSync(DIST) && readdirSync(DIST).some((name) => /^varve-\w+\.cjs$/.test(name));
/** What users start, in the way they do (`--`), where it was built; the same from source, slower to start, where it was not or `VARVE_TEST_SOURCE` is set. */
export const VARVE: readonly string[] =
  isBuilt && process.env.VARVE_TEST_SOURCE === undefined
    ? ['--', join(REPOSITORY, 'plugins/cli/bin/varve.mjs')]
    : ['--conditions=varve-source', '--', join(REPOSITORY, 'plugins/cli/src/bin.ts')];

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  readonly uid?: number;
  readonly signal?: AbortSignal;
  /** Told the process's id when it has started. */
  readonly started?: (pid: number | undefined) => void;
}

/** Runs a program to its end; it gets arguments, never a shell. */
export function run(
  program: string,
  args: readonly string[],
  { cwd, env, input, uid, signal, started }: RunOptions = {},
): Promise<Outcome> {
  const settled = Promise.withResolvers<Outcome>();
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, ...(uid !== undefined && { uid, gid: uid }) });
  started?.(child.pid);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => undefined); // a program need not read what it is given
  child.on('error', settled.reject);
  child.on('close', (code, by) =>
    settled.resolve({
      code: code ?? (by === null ? 1 : 128),
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
    }),
  );
  signal?.addEventListener('abort', () => child.kill(signal.reason === 'kill' ? 'SIGKILL' : 'SIGINT'), { once: true });
  child.stdin.end(input);
  return settled.promise;
}

/** The same, where anything but success is a mistake in the test. */
export async function mustRun(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** A folder of its own for one test: a store, a build context and whatever else it needs. */
export class Workbench implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'varve-test-'));
  readonly root = this.path('root');

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** Writes files below the folder and returns its path: `{ 'context/Dockerfile': '…' }`. */
  write(files: Readonly<Record<string, string | Buffer>>, under = ''): string {
    for (const [name, content] of Object.entries(files)) {
      const file = this.path(under, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return this.path(under);
  }

  /** The command line, run from source on this store. */
  varve(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run(process.execPath, [...VARVE, '--root', this.root, ...args], { cwd: this.folder, ...options });
  }

  /** The same, where anything but success is a mistake in the test. */
  async must(args: readonly string[], options?: RunOptions): Promise<string> {
    const { code, stdout, stderr } = await this.varve(args, options);
    if (code !== 0) throw new Error(`varve ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Puts an image with nothing but busybox into the store, under the name `busybox`. */
  async importBusybox(): Promise<void> {
    await this.#start(busyboxStore());
  }

  /** Puts the Debian root filesystem that the test set-up made into the store, under the name `debian:bookworm`. */
  async importDebian(): Promise<void> {
    await this.#start(debianStore());
  }

  /** A copy of a store that was filled once for all tests of this file. */
  async #start(store: Promise<Workbench>): Promise<void> {
    await mustRun('cp', ['-a', '--reflink=auto', (await store).root, this.root]);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const busybox = (): string => ['/bin/busybox', '/usr/bin/busybox'].find(existsSync) ?? 'busybox';

const busyboxStore = once(async (bench) => {
  const rootfs = bench.path('rootfs');
  for (const dir of ['bin', 'etc', 'tmp', 'root']) mkdirSync(join(rootfs, dir), { recursive: true });
  chmodSync(join(rootfs, 'tmp'), 0o1777);
  copyFileSync(busybox(), join(rootfs, 'bin/busybox'));
  const applets = await mustRun(busybox(), ['--list']);
  for (const applet of applets.trim().split('\n')) if (applet !== 'busybox') symlinkSync('busybox', join(rootfs, 'bin', applet));
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n');
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n');
  await mustRun('tar', ['-C', rootfs, '--sort=name', '--owner=0', '--group=0', '--mtime=@0', '-cf', bench.path('busybox.tar'), '.']);
  await bench.must(['import', '-c', 'ENV PATH=/bin', bench.path('busybox.tar'), 'busybox'], { env: { SOURCE_DATE_EPOCH: '0' } });
});

const debianStore = once((bench) => bench.must(['import', '-c', 'CMD ["bash"]', DEBIAN, 'debian:bookworm']));

/** A bench that is prepared when first needed and lives as long as this process. */
function once(prepare: (bench: Workbench) => Promise<unknown>): () => Promise<Workbench> {
  let made: Promise<Workbench> | undefined;
  return () => {
    made ??= (async () => {
      const bench = new Workbench();
      process.once('exit', () => bench[Symbol.dispose]());
      await prepare(bench);
      return bench;
    })();
    return made;
  };
}

/** Made once by the test set-up. */
export const DEBIAN = join(REPOSITORY, '.varve/debian-bookworm.tar');
