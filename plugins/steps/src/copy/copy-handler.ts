import type { ContentStore, CopyStep, FileDigests, KeyParts, StepHandler, StepInputs, StepResult } from '@varve/core';
import { GitFetcher } from '../git/git-fetcher.ts';
import { isFromHost } from './attributes.ts';
import { composeCopy, type Providers } from './compose-copy.ts';
import { describeCopy } from './describe-copy.ts';
import { describeParents } from './describe-parents.ts';
import { destPath, formatDest } from './dest-path.ts';
import { Fetcher } from './fetched-source.ts';
import { describeFiles } from './fingerprint.ts';
import { warnOfNothing } from './pick-sources.ts';
import { printableUrl } from './printable-url.ts';
import { readSources, warnOfOverwriting } from './read-sources.ts';

/** Composes a layer from a tree's index and the stage's own: no directory, no mount, no privilege. */
export class CopyHandler implements StepHandler<CopyStep> {
  readonly #providers: Providers;

  readonly #digests: FileDigests;

  /**
   * `store` takes in what is fetched, and what a compressed archive holds; `digests` remembers what was found in trees; `root`
   * is the store's, for directories that go again.
   */
  constructor(store: () => ContentStore, digests: FileDigests, root: string) {
    this.#digests = digests;
    this.#providers = { store, fetcher: new Fetcher(store), git: new GitFetcher(store, root) };
  }

  async fingerprint(step: CopyStep, inputs: StepInputs): Promise<KeyParts> {
    const { tree, picked, exclude } = await readSources(step, inputs);
    warnOfNothing(step, picked, inputs);
    await warnOfOverwriting(step, picked, inputs);
    const hasOwners = !step.chown && !isFromHost(step.from, inputs.build.request);
    const dest = formatDest(destPath(step.dest, inputs.config.config.WorkingDir));
    const fetched = await this.#describeFetched(step, inputs);
    return {
      ...describeCopy(step, dest),
      ...fetched,
      ...describeParents(picked, hasOwners),
      ...(await describeFiles(picked, { tree, exclude, excludes: step.exclude, hasOwners, digests: this.#digests })),
    };
  }

  /** Of what is fetched the content counts, not what the server says of it. */
  async #describeFetched(step: CopyStep, inputs: StepInputs): Promise<KeyParts> {
    const parts: Record<string, string> = {};
    for (const source of step.sources)
      if (source.kind === 'url') {
        const { url, digest } = await this.#providers.fetcher.fetch(source, inputs.build);
        parts[`url ${url}`] = digest;
      } else if (source.kind === 'git') {
        const { url, ref = '', subdir = '', keepGitDir } = source;
        const commit = await this.#providers.git.find(source, step, inputs);
        parts[`git ${printableUrl(url)}#${ref}:${subdir}`] = `${commit}${keepGitDir ? ' with .git' : ''}`;
      }
    return parts;
  }

  async execute(step: CopyStep, inputs: StepInputs): Promise<StepResult> {
    const sources = await readSources(step, inputs);
    return { kind: 'layer', draft: await composeCopy(step, inputs, { ...sources, providers: this.#providers }) };
  }
}
