import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { layOutBusybox, writeTar } from './base-images.ts';
import type { Builder } from './builders/builder.ts';
import { openVarve, type Varve } from './builders/varve.ts';
import { commonLimits } from './limits.ts';
import { type Command, measure } from './measure.ts';
import type { Options } from './options.ts';
import { whyMissing } from './programs.ts';
import { Registry } from './registry.ts';
import type { Scratch } from './scratch.ts';
import { BASE, type Limit, type Site, type Workload } from './workloads/workload.ts';

/** What lasts for the whole benchmark: base images, the registry, a builder that makes archives. */
export class Ground implements Disposable {
  readonly #scratch: Scratch;
  readonly #options: Options;
  readonly #archives = new Map<string, string>();
  readonly #maker: Varve;
  readonly limits: readonly Limit[];
  readonly #rootfs: string;
  #registry: Registry | undefined;
  #count = 0;

  constructor(scratch: Scratch, options: Options) {
    this.#scratch = scratch;
    this.#options = options;
    this.#maker = openVarve(scratch.dir('maker'));
    this.#rootfs = layOutBusybox(scratch.dir('busybox'));
    this.limits = commonLimits(scratch.dir('limits'), this.#rootfs);
  }

  /** Where commands leave what they print. */
  get logs(): string {
    return this.#scratch.dir('logs');
  }

  get idFile(): string {
    return join(this.logs, 'image-id');
  }

  /** Why a workload cannot run here, or `undefined`. */
  whyNot({ needs = [], base }: Workload): string | undefined {
    if (needs.includes('root') && process.getuid?.() !== 0) return 'needs root';
    if (needs.includes('registry') && whyMissing('docker-registry') !== undefined) return 'needs docker-registry';
    const debian = base === 'debian' || needs.includes('debian');
    return debian && !existsSync(this.#options.debian) ? `needs ${this.#options.debian}` : undefined;
  }

  /** Makes the archives of the base images that some workloads need. */
  async makeBases(bases: ReadonlySet<'busybox' | 'debian'>): Promise<void> {
    for (const base of bases) {
      const tar = base === 'debian' ? this.#options.debian : writeTar(this.#rootfs, join(this.logs, 'busybox.tar'));
      const file = join(this.#scratch.dir('bases'), `${base}.tar`);
      await this.must(this.#maker.importTar(tar, BASE[base]));
      await this.must(this.#maker.save(BASE[base], file));
      this.#archives.set(base, file);
    }
  }

  async must(command: Command): Promise<void> {
    await measure(command, this.logs);
  }

  archiveOf(base: 'busybox' | 'debian'): string {
    const file = this.#archives.get(base);
    if (file === undefined) throw new Error(`The archive of ${base} was not made`);
    return file;
  }

  siteOf({ id }: Workload): Site {
    const build = (builder: Builder, context: string, tag = `localhost/bench/${id.toLowerCase()}:1`) =>
      builder.build({ context, tag, idFile: this.idFile });
    return {
      dir: this.#scratch.dir('workloads', id),
      times: (count) => Math.max(1, Math.round(count * this.#options.scale)),
      next: () => this.#count++,
      archiveOf: (base) => this.archiveOf(base),
      makeArchive: async (context, tag, file) => {
        await this.must(build(this.#maker, context, tag));
        await this.must(this.#maker.save(tag, file));
      },
      build,
      must: (command) => this.must(command),
      freshRegistry: async () => {
        this.#registry?.[Symbol.dispose]();
        this.#registry = await Registry.start(this.#scratch.dir('registry', String(this.#count++)));
        return this.#registry.host;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#registry?.[Symbol.dispose]();
  }
}
