import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mount, type RunMount, type RunStep, type StepInputs, VarveError } from '@varve/core';
import { cleanPath } from '@varve/core/archive';
import { removeTree } from '@varve/core/system';
import { workingDirOf } from './environment.ts';
import { extractSource, ONLY_FILE } from './extract-source.ts';
import { findMountSource, type MountSource } from './mount-source.ts';
import { refuseChanged, shownDirectly } from './shown-directly.ts';
import { StepCaches } from './step-caches.ts';
import { type PlacedSecret, StepSecrets } from './step-secrets.ts';

export type PlacedMount = Mount & { readonly target: string };

/** What a step's process sees besides the stage's files. Temporary directories and locks end with disposal. */
export class RunMounts implements AsyncDisposable {
  readonly #root: string;
  readonly #step: RunStep;
  readonly #inputs: StepInputs;
  readonly #dirs: string[] = [];
  readonly #shown: MountSource[] = [];
  readonly #secrets: StepSecrets;
  readonly #caches: StepCaches;

  /** `root` is that of the store. */
  constructor(root: string, step: RunStep, inputs: StepInputs) {
    this.#root = root;
    this.#step = step;
    this.#inputs = inputs;
    this.#secrets = new StepSecrets(step, inputs);
    this.#caches = new StepCaches(root, step, inputs);
  }

  /** What secrets bring into the environment, once they are prepared. */
  get env(): readonly string[] {
    return this.#secrets.env;
  }

  /** @throws VarveError `COPY_NOT_FOUND`, `RUN_SETTING`, `SECRET_MISSING`, `SECRET_INVALID`, `SSH_MISSING`, `SSH_KEY`, `SSH_UNSUPPORTED` */
  async prepare(): Promise<readonly PlacedMount[]> {
    await this.#caches.hold();
    const mounts: PlacedMount[] = [];
    for (const mount of this.#step.mounts) {
      const placed = await this.#place(mount);
      if (placed !== undefined) mounts.push(placed);
    }
    for (const script of this.#step.scripts ?? []) mounts.push(this.#placeScript(script));
    return mounts;
  }

  async #place(mount: RunMount): Promise<PlacedMount | undefined> {
    switch (mount.type) {
      case 'bind':
        return { ...bind(await this.#show(mount), mount.writable), target: this.#targetOf(mount.target) };
      case 'cache':
        return { ...bind(this.#caches.pathOf(mount), mount.writable), target: this.#targetOf(mount.target) };
      case 'tmpfs': {
        const size = mount.size === undefined ? [] : [`size=${mount.size}`];
        const options = ['nosuid', 'nodev', 'mode=1777', ...size];
        return { type: 'tmpfs', source: 'tmpfs', options, target: this.#targetOf(mount.target) };
      }
      case 'secret':
        return this.#trust(this.#secrets.placeSecret(mount));
      case 'ssh':
        return this.#trust(await this.#secrets.placeAgent(mount));
      default:
        return mount satisfies never;
    }
  }

  #trust(placed: PlacedSecret | undefined): PlacedMount | undefined {
    return placed && { ...placed.mount, target: this.#targetOf(placed.target) };
  }

  /** Itself where it can only be read; otherwise a copy, so that nothing that is written reaches it, which is thrown away with the rest. */
  async #show(mount: RunMount & { readonly type: 'bind' }): Promise<string> {
    const source = await findMountSource(mount, this.#step, this.#inputs);
    const itself = mount.writable ? undefined : shownDirectly(source);
    if (itself === undefined) return await this.#copyOut(source);
    this.#shown.push(source);
    return itself;
  }

  /** To be asked once the process has ended. @throws VarveError `SOURCE_CHANGED` where what it was shown is no longer what it was */
  checkUnchanged(): void {
    for (const source of this.#shown) refuseChanged(source);
  }

  async #copyOut(source: MountSource): Promise<string> {
    const dir = this.#temporaryDir();
    await extractSource(source, dir, this.#inputs);
    return source.picked.entry.type === 'directory' ? dir : join(dir, ONLY_FILE);
  }

  #placeScript({ path, content }: NonNullable<RunStep['scripts']>[number]): PlacedMount {
    const file = join(this.#temporaryDir(), ONLY_FILE);
    writeFileSync(file, content);
    chmodSync(file, 0o755); // whatever the umask is
    return { ...bind(file, false), target: path };
  }

  #temporaryDir(): string {
    const parent = join(this.#root, 'tmp');
    mkdirSync(parent, { recursive: true });
    const dir = mkdtempSync(join(parent, 'mount-'));
    this.#dirs.push(dir);
    return dir;
  }

  /** Relative targets begin at the working directory. */
  #targetOf(target: string): string {
    const path = cleanPath(target.startsWith('/') ? target : `${workingDirOf(this.#inputs.config)}/${target}`);
    if (path !== '') return `/${path}`;
    throw new VarveError('RUN_SETTING', `invalid mount target ${JSON.stringify(target)}`, { source: this.#step.source });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#secrets[Symbol.dispose]();
    this.#caches[Symbol.dispose]();
    for (const dir of this.#dirs.splice(0)) await removeTree(dir);
  }
}

const bind = (source: string, isWritable: boolean): Mount => ({
  type: 'bind',
  source,
  options: ['bind', isWritable ? 'rw' : 'ro'],
});
