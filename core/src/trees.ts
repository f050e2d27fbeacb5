import { createPatternMatcher, DirectoryTree, type FileTree, type HashFiles, MergedTree, pathOf, readFile } from '../archive/index.ts';
import {
  formatReference,
  type Image,
  type ImageReference,
  isImagePlace,
  type Platform,
  parseReference,
  withDefaultTag,
} from '../image/index.ts';
import type { Build } from './build.ts';
import type { Emit } from './contracts/event.ts';
import type { BaseRef, Plan, TreeRef } from './contracts/plan.ts';
import { VarveError } from './errors.ts';
import { kept } from './kept.ts';
import { imageState, type StageState } from './stage-state.ts';

/** Bytes; ignore files are small. */
const TEXT_LIMIT = 4 << 20;

/** The filesystems that a build reads from, each made once. */
export class Trees {
  readonly #on: Build;
  readonly #made = new Map<string, Promise<FileTree>>();
  #hidden: Pick<Plan, 'ignore' | 'contextIgnore'> = {};

  constructor(on: Build) {
    this.#on = on;
  }

  /** What the plan hides of contexts. */
  hide({ ignore, contextIgnore }: Plan): void {
    this.#hidden = { ignore, contextIgnore };
  }

  /** @param platform of images; default: the build's. @throws VarveError `CONTEXT_MISSING`, `IMAGE_UNKNOWN` */
  of(ref: TreeRef, platform: Platform = this.#on.build.platform): Promise<FileTree> {
    const whose = ref.kind === 'stage' ? undefined : platform;
    return kept(this.#made, JSON.stringify([ref, whose]), () => this.#make(ref, platform));
  }

  /** A small text file of a context that is a directory, also one that the plan hides; `undefined` where there is none. */
  async readText(path: string, name?: string): Promise<string | undefined> {
    const place = this.#placeOf(name);
    if (place === undefined || isImagePlace(place)) return undefined;
    const { directories } = this.#on.work;
    const tree = await kept(directories, JSON.stringify([place]), async () => new DirectoryTree(place, { xattrs: false }));
    return (await readFile(tree, path, TEXT_LIMIT))?.toString('utf8');
  }

  #placeOf(name: string | undefined): string | undefined {
    const { context, contexts = {} } = this.#on.build.request;
    return name === undefined ? context : ownValue(contexts, name);
  }

  image(ref: string, platform: Platform = this.#on.build.platform): Promise<Image> {
    return kept(this.#on.work.images, JSON.stringify([ref, platform]), async () => {
      const reference = withDefaultTag(parseReference(this.#named(ref)));
      const { pull = false } = this.#on.build.request;
      const resolve = (where: { readonly fresh?: boolean; readonly local?: boolean }): Promise<Image> => {
        const { host, build } = this.#on;
        return host.resolve(reference, { platform, ...where, emit: this.#asPartOf(reference), signal: build.signal });
      };
      if (pull !== 'newer') return await resolve({ fresh: pull === true || pull === 'always', local: pull === 'never' });
      // one that is here will do where nobody says whether there is a newer one
      return await resolve({ fresh: true }).catch((failure: unknown) => resolve({ local: true }).catch(() => Promise.reject(failure)));
    });
  }

  /** Whatever moves of an image is told as a part of it. */
  #asPartOf(reference: ImageReference): Emit {
    const { emit } = this.#on;
    const of = `FROM ${formatReference(reference)}`;
    return (event) => emit(event.type === 'transfer' ? { of, ...event } : event);
  }

  /** A named context stands before an image of the same name. */
  #named(ref: string): string {
    const context = this.#on.build.request.contexts?.[ref];
    return context !== undefined && isImagePlace(context) ? context : ref;
  }

  /** What a filesystem is made of, bottom first; `undefined` for a directory of this host. */
  async stateOf(ref: TreeRef, platform: Platform): Promise<StageState | undefined> {
    switch (ref.kind) {
      case 'stage':
        return await this.#on.stages.run(ref.name);
      case 'image':
        return imageState(await this.image(ref.ref, platform), platform);
      case 'name':
        return await this.stateOf(imageOrContext(ref.name, this.#on.build.request.contexts ?? {}), platform);
      case 'context': {
        const place = this.#placeOf(ref.name);
        return place !== undefined && isImagePlace(place) ? await this.stateOf({ kind: 'image', ref: place }, platform) : undefined;
      }
      default:
        return ref satisfies never;
    }
  }

  async #make(ref: TreeRef, platform: Platform): Promise<FileTree> {
    switch (ref.kind) {
      case 'stage':
        return await (await this.#on.stages.run(ref.name)).tree(this.#on.build);
      case 'image':
        return await MergedTree.of((await this.image(ref.ref, platform)).layers, this.#on.build);
      case 'name':
        return await this.of(imageOrContext(ref.name, this.#on.build.request.contexts ?? {}), platform);
      case 'context':
        return await this.#context(ref.name, platform);
      default:
        return ref satisfies never;
    }
  }

  async #context(name: string | undefined, platform: Platform): Promise<FileTree> {
    const place = this.#placeOf(name);
    if (place === undefined)
      throw new VarveError(
        'CONTEXT_MISSING',
        name === undefined ? 'This build has no context to copy from' : `There is no context named "${name}"`,
        {
          hint: name === undefined ? 'Give a directory: `varve build .`' : `Name it with --build-context ${name}=<directory or image>.`,
        },
      );
    if (isImagePlace(place)) return await this.of({ kind: 'image', ref: place }, platform);
    const { ignore: own, contextIgnore = {} } = this.#hidden;
    const patterns = (name === undefined ? own : ownValue(contextIgnore, name)) ?? [];
    const ignore = patterns.length > 0 ? createPatternMatcher(patterns) : undefined;
    return await kept(
      this.#on.work.directories,
      JSON.stringify([place, patterns]),
      async () => new DirectoryTree(place, { ignore, hash: hashOf(this.#on) }),
    );
  }
}

/** Hashes through the stat cache, and tells when files had to be read. */
const hashOf =
  ({ digests, build, emit }: Build): HashFiles =>
  async (files) => {
    const before = { ...digests.read };
    const answers = await digests.digests(
      files.map(({ path, stamp }) => ({ path: pathOf(path), stamp })),
      { signal: build.signal },
    );
    const read = { files: digests.read.files - before.files, bytes: digests.read.bytes - before.bytes };
    if (read.files > 0) emit({ type: 'files-hashed', ...read });
    return answers;
  };

/** Names come from outside. */
const ownValue = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** What a name means that no `plan` tap has resolved. */
export const imageOrContext = (name: string, contexts: Readonly<Record<string, string>>): Exclude<TreeRef, { kind: 'name' }> =>
  Object.hasOwn(contexts, name) ? { kind: 'context', name } : { kind: 'image', ref: name };

/** The reference of a base that is an image. */
export const baseImage = (base: Extract<BaseRef, { kind: 'image' | 'name' }>): string => (base.kind === 'image' ? base.ref : base.name);
