import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { createKernel, IMAGES, type ImageStore } from '@varve/core';
import type { Image, ImageIndex } from '@varve/core/image';
import type { ExecutionContext } from 'ava';
import { Run } from '../../plugins/cli/src/run.ts';
import { loadPreset } from '../helpers/preset.ts';
import { type RunOptions, run, VARVE } from '../helpers/varve.ts';

const HUB = '@varve/registry-hub';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line with a store and a configuration of its own, run in this process: a table of a hundred runs takes seconds. */
export class Client implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'varve-registry-test-'));
  readonly root = join(this.folder, 'root');
  readonly #config = join(this.folder, 'varve.config.json');

  constructor(options: Readonly<Record<string, unknown>> = {}) {
    writeFileSync(this.#config, JSON.stringify({ options: { [HUB]: options } }));
  }

  /** Writes a file below the folder. */
  write(name: string, content: string | Buffer): string {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  /** Never rejects: what a user sees is the result. */
  async varve(args: readonly string[], { input = '' }: { readonly input?: string } = {}): Promise<Outcome> {
    const [stdout, stderr] = [new Text(), new Text()];
    const io = { stdin: Readable.from([input]), stdout, stderr };
    const code = await new Run(io, new AbortController().signal).main(['--root', this.root, '--config', this.#config, ...args]);
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  /** The same as a process of its own. */
  process(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(process.execPath, [...VARVE, '--root', this.root, '--config', this.#config, ...args], { cwd: this.folder, ...options });
  }

  /** A build, as a process: what it tells goes to its own stderr. */
  built(args: readonly string[]): Promise<Outcome> {
    return this.process(['build', ...args]);
  }

  /** The same, where anything but success is a mistake in the test. */
  async must(args: readonly string[], options?: { readonly input?: string }): Promise<string> {
    const { code, stdout, stderr } = await this.varve(args, options);
    if (code !== 0) throw new Error(`varve ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  async store(image: Image, name: string): Promise<void> {
    await this.#images((images) => images.put(image, { names: [name] }));
  }

  async storeIndex(index: ImageIndex, name: string): Promise<void> {
    await this.#images((images) => images.putIndex(index, { names: [name] }));
  }

  /** The ID under a name, after its layers were read to their ends and verified; `undefined`: there is none. */
  async idOf(name: string): Promise<string | undefined> {
    return await this.#images(async (images) => {
      const record = await images.find(name);
      if (record === undefined) return undefined;
      const image = await images.open(record);
      for (const layer of image.layers) for await (const _ of layer.tar());
      return record.id;
    });
  }

  /** Nothing is visible that is not whole: every blob is what its name says. */
  isSound(t: ExecutionContext): void {
    const blobs = join(this.root, 'blobs/sha256');
    const wrong = list(blobs).filter(
      (name) =>
        createHash('sha256')
          .update(readFileSync(join(blobs, name)))
          .digest('hex') !== name,
    );
    t.deepEqual(wrong, [], 'blobs that are not what their names say');
  }

  async #images<T>(use: (images: ImageStore) => Promise<T>): Promise<T> {
    await using kernel = createKernel({ root: this.root, plugins: await loadPreset() });
    return await use(kernel.get(IMAGES));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function list(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // nothing was stored
  }
}

class Text extends Writable {
  #chunks: Buffer[] = [];
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** No credentials and no proxies of whoever runs the tests. */
export function withoutSettings(): void {
  const home = mkdtempSync(join(tmpdir(), 'varve-home-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  for (const name of [
    'DOCKER_CONFIG',
    'REGISTRY_AUTH_FILE',
    'XDG_RUNTIME_DIR',
    'XDG_CONFIG_HOME',
    'SSL_CERT_FILE',
    'HTTP_PROXY',
    'HTTPS_PROXY',
  ])
    delete process.env[name];
  process.env.HOME = home;
}
