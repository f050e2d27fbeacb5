import type { ContentStore, CopySource, CopyStep, LayerDraft, StepInputs } from '@varve/core';
import { type Content, type FileTree, MergedTree } from '@varve/core/archive';
import type { GitFetcher } from '../git/git-fetcher.ts';
import type { GitSource } from '../git/git-source.ts';
import { type Attributing, readAttributes } from './attributes.ts';
import { destPath } from './dest-path.ts';
import { Destination } from './destination.ts';
import { type Fetcher, nameOfUrl, type UrlSource } from './fetched-source.ts';
import { openArchive } from './open-archive.ts';
import type { Picked } from './pick-sources.ts';
import { Placer } from './place-sources.ts';
import type { Sources } from './read-sources.ts';
import { unpackArchive } from './unpack-archive.ts';

export interface Providers {
  /** Takes in what a compressed archive holds. */
  readonly store: () => ContentStore;
  readonly fetcher: Fetcher;
  readonly git: GitFetcher;
}

/** The layer of one copy: its sources placed one after the other, those of the build file itself last. */
export async function composeCopy(
  step: CopyStep,
  inputs: StepInputs,
  { tree, picked, exclude, providers }: Sources & { readonly providers: Providers },
): Promise<LayerDraft> {
  const { build, config } = inputs;
  const below = await inputs.tree();
  const attributes = await readAttributes(step, below, build);
  // A linked layer says the same whatever it lies on: nothing of the stage is seen, names in --chown apart.
  const into = new Destination(step.link ? await MergedTree.of([]) : below, { made: attributes.made });
  const placerOf = (from: FileTree) =>
    new Placer(into, { tree: from, dest: destPath(step.dest, config.config.WorkingDir), attributes, exclude });
  const composing = new Composing(step, { tree, into, placer: placerOf(tree), placerOf, attributes, inputs, providers });
  if (picked.length > 0) await tree.open();
  const isInline = ({ kind }: CopySource) => Number(kind === 'inline');
  for (const source of step.sources.toSorted((a, b) => isInline(a) - isInline(b)))
    await composing.add(
      source,
      picked.filter((one) => one.source === source),
    );
  return await into.draft();
}

interface Parts {
  readonly tree: Sources['tree'];
  readonly into: Destination;
  readonly placer: Placer;
  placerOf(tree: FileTree): Placer;
  readonly attributes: Attributing;
  readonly inputs: StepInputs;
  readonly providers: Providers;
}

class Composing {
  readonly #step: CopyStep;
  readonly #parts: Parts;

  constructor(step: CopyStep, parts: Parts) {
    this.#step = step;
    this.#parts = parts;
  }

  async add(source: CopySource, picked: readonly Picked[]): Promise<void> {
    if (source.kind === 'inline') this.#parts.placer.placeText(source.name, source.content);
    else if (source.kind === 'url') await this.#addFetched(source);
    else if (source.kind === 'git') await this.#addRepository(source);
    else for (const one of picked) await this.#addPicked(one, source);
  }

  async #addPicked(picked: Picked, source: CopySource): Promise<void> {
    const { tree, placer, inputs } = this.#parts;
    inputs.signal?.throwIfAborted();
    const { entry } = picked;
    const mayUnpack = source.kind === 'path' && source.unpack === true && entry.type === 'file';
    if (!mayUnpack || !(await this.#unpack(tree.content(entry)))) placer.place(picked);
  }

  async #addFetched(source: UrlSource): Promise<void> {
    const { placer, inputs, providers } = this.#parts;
    const { content, size, mtime } = await providers.fetcher.fetch(source, inputs.build);
    if (source.unpack && (await this.#unpack(content))) return;
    placer.placeFile(() => nameOfUrl(source.url), { mode: 0o600, size, mtime, content });
  }

  async #addRepository(source: GitSource): Promise<void> {
    const { placerOf, inputs, providers } = this.#parts;
    const { tree, picked } = await providers.git.fetch(source, this.#step, inputs);
    placerOf(tree).place(picked);
  }

  /** `false`: it is no archive. */
  async #unpack(content: Content): Promise<boolean> {
    const { into, placer, attributes, inputs, providers } = this.#parts;
    const { signal, build } = inputs;
    const tar = await openArchive(content, { store: providers.store, signal });
    if (tar === undefined) return false;
    await unpackArchive(tar, into, { target: placer.makeDirectory(), owner: attributes.given, epoch: build.epoch, signal });
    return true;
  }
}
