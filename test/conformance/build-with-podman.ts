import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DirectoryTree } from '@varve/core/archive';
import { mustRun } from '../helpers/varve.ts';
import type { ConformanceCase } from './conformance-case.ts';
import type { Outcome } from './outcome.ts';
import { difference, showTree } from './show-tree.ts';

/** What Buildah leaves where it mounted something. */
const MOUNT_POINTS = /^(?:(?:dev|proc|sys|run) d|etc\/(?:hosts|hostname|resolv\.conf) f)/;

const BUSYBOX = 'docker.io/library/busybox:latest';

/** Builds cases with podman, in a store of its own. */
export class PodmanBuilder {
  readonly #dir: string;
  readonly #rootfs: string;
  #below: readonly string[] = [];

  private constructor(dir: string, rootfs: string) {
    this.#dir = dir;
    this.#rootfs = rootfs;
  }

  /** `rootfs` is a tar with the files of `busybox`. */
  static async open(dir: string, rootfs: string): Promise<PodmanBuilder> {
    mkdirSync(dir, { recursive: true });
    const builder = new PodmanBuilder(dir, rootfs);
    await builder.#importBusybox();
    builder.#below = await builder.#treeOf(BUSYBOX, false);
    return builder;
  }

  /** A build of nothing but `FROM busybox` takes the name from it. */
  async #importBusybox(): Promise<void> {
    const isThere = await this.#podman(['image', 'exists', BUSYBOX]).then(
      () => true,
      () => false,
    );
    if (!isThere) await this.#podman(['import', '-c', 'ENV PATH=/bin', this.#rootfs, BUSYBOX]);
  }

  async build(one: ConformanceCase, context: string): Promise<Outcome> {
    await this.#importBusybox();
    if (one.base !== undefined) {
      const base = join(this.#dir, 'base');
      writeFileSync(base, one.base);
      await this.#podman(['build', ...FLAGS, '-t', 'docker.io/library/base:latest', '-f', base, context]);
    }
    const file = join(context, one.asked?.file ?? 'Dockerfile');
    await this.#podman(['build', ...FLAGS, ...flagsOf(one, context), '-t', 'result', '-f', file, context]);
    const [image] = JSON.parse(await this.#podman(['image', 'inspect', 'result']));
    const rows: readonly { readonly created_by?: string }[] = image.History;
    return {
      tree: difference(await this.#treeOf('result', one.showTimes ?? false), this.#below),
      config: { ...image.Config, ...(image.Healthcheck && { Healthcheck: image.Healthcheck }) },
      history: rows.map(({ created_by = '' }) => created_by),
      layers: image.RootFS.Layers.length,
      author: image.Author,
    };
  }

  async #treeOf(name: string, showTimes: boolean): Promise<readonly string[]> {
    const dir = (await this.#podman(['image', 'mount', name])).trim();
    const lines = await showTree(new DirectoryTree(dir), { showTimes });
    await this.#podman(['image', 'umount', name]);
    return lines.filter((line) => !MOUNT_POINTS.test(line));
  }

  #podman(args: readonly string[]): Promise<string> {
    const own = ['--root', join(this.#dir, 'root'), '--runroot', join(this.#dir, 'run')];
    const settings = ['--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--events-backend=none'];
    return mustRun('podman', [...own, ...settings, ...args]);
  }
}

const FLAGS = ['--isolation=chroot', '--pull-never', '--format=docker', '--quiet'];

function flagsOf({ asked = {} }: ConformanceCase, context: string): readonly string[] {
  const { args = {}, target, labels = {}, network, squash, contexts = {} } = asked;
  return [
    ...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`),
    ...Object.entries(contexts).map(([name, path]) => `--build-context=${name}=${join(context, path)}`),
    ...(target === undefined ? [] : [`--target=${target}`]),
    ...(network === undefined ? [] : [`--network=${network}`]),
    squash ? '--squash' : '--layers=false',
  ];
}
