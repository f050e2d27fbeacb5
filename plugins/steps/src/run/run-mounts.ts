import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mount, type RunMount, type RunStep, type StepScope, type TreeRef, VarveError, type Workspace } from '@varve/core';
import { cleanPath, type HostPlace, hostPath } from '@varve/core/archive';
import { removeTree } from '@varve/core/system';
import { workingDirOf } from './environment.ts';
import { extractSource, ONLY_FILE } from './extract-source.ts';
import { findMountSource, type MountSource } from './mount-source.ts';
import { overlayPlace } from './overlay-place.ts';
import { refuseChanged, shownDirectly } from './shown-directly.ts';
import { StepCaches } from './step-caches.ts';
import { type PlacedSecret, StepSecrets } from './step-secrets.ts';

export type PlacedMount = Mount & { readonly target: string };

/** What a step's process sees besides the stage's files. Temporary directories and locks end with disposal. */
export class RunMounts implements AsyncDisposable {
  readonly #root: string;
  readonly #step: RunStep;
  readonly #scope: StepScope;
  readonly #dirs: string[] = [];
  readonly #views: Workspace[] = [];
  readonly #shown: MountSource[] = [];
  readonly #secrets: StepSecrets;
  readonly #caches: StepCaches;

  /** `root` is that of the store. */
  constructor(root: string, step: RunStep, scope: StepScope) {
    this.#root = root;
    this.#step = step;
    this.#scope = scope;
    this.#secrets = new StepSecrets(step, scope);
    this.#caches = new StepCaches(root, step, scope);
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
        return { ...(await this.#show(mount)), target: this.#targetOf(mount.target) };
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

  /** Itself where it can only be read and nothing is hidden, an overlay on it otherwise, or a copy, which is thrown away with the rest. */
  async #show({ from, writable, ...mount }: RunMount & { readonly type: 'bind' }): Promise<Mount> {
    const source = await findMountSource({ from, source: mount.source }, this.#step, this.#scope);
    const place = source.isFromHost ? shownDirectly(source) : await this.#viewOf(from, source);
    const shown = place && (await this.#showPlace(place, { writable, isDirectory: source.picked.entry.type === 'directory' }));
    if (shown === undefined) return bind(await this.#copyOut(source), writable);
    if (source.isFromHost) this.#shown.push(source);
    return shown;
  }

  async #viewOf(from: TreeRef, { picked }: MountSource): Promise<HostPlace | undefined> {
    const view = await this.#scope.viewOf(from);
    if (view === undefined) return undefined;
    this.#views.push(view);
    return { path: hostPath(view.root, picked.entry.path), hidden: [] };
  }

  async #showPlace(
    place: HostPlace,
    { writable, isDirectory }: { readonly writable: boolean; readonly isDirectory: boolean },
  ): Promise<Mount | undefined> {
    if (!writable && place.hidden.length === 0) return bind(place.path, false);
    return isDirectory ? await overlayPlace(place, { dir: this.#temporaryDir(), isWritable: writable }) : undefined;
  }

  /** To be asked once the process has ended. @throws VarveError `SOURCE_CHANGED` where what it was shown is no longer what it was */
  checkUnchanged(): void {
    for (const source of this.#shown) refuseChanged(source);
  }

  async #copyOut(source: MountSource): Promise<string> {
    const dir = this.#temporaryDir();
    await extractSource(source, dir, this.#scope);
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
    const path = cleanPath(target.startsWith('/') ? target : `${workingDirOf(this.#scope.config)}/${target}`);
    if (path !== '') return `/${path}`;
    throw new VarveError('RUN_SETTING', `invalid mount target ${JSON.stringify(target)}`, { source: this.#step.source });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#secrets[Symbol.dispose]();
    this.#caches[Symbol.dispose]();
    for (const view of this.#views.splice(0)) await view[Symbol.asyncDispose]();
    for (const dir of this.#dirs.splice(0)) await removeTree(dir);
  }
}

const bind = (source: string, isWritable: boolean): Mount => ({
  type: 'bind',
  source,
  options: ['bind', isWritable ? 'rw' : 'ro'],
});
