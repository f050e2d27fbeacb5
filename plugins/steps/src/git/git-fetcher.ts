import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildInfo, ContentStore, CopyStep, StepInputs } from '@varve/core';
import { removeTree } from '@varve/core/system';
import { readSecret } from '../run/read-secret.ts';
import { StepSecrets } from '../run/step-secrets.ts';
import { checkOut } from './check-out.ts';
import { type FoundCommit, findCommit } from './find-commit.ts';
import { type GitSource, protocolsFor } from './git-source.ts';
import { type PackedCheckout, packCheckout } from './pack-checkout.ts';
import type { GitSettings } from './run-git.ts';

/** Finds and fetches commits, each once in a build: the branch that the key was made of is the one that is copied, whatever comes. */
export class GitFetcher {
  readonly #store: () => ContentStore;
  readonly #root: string;
  readonly #builds = new WeakMap<BuildInfo, Map<string, Promise<unknown>>>();

  /** `root` is that of the store. */
  constructor(store: () => ContentStore, root: string) {
    this.#store = store;
    this.#root = root;
  }

  /** @throws VarveError `GIT_SOURCE`, `GIT_REF`, `GIT_CHECKSUM`, `GIT_FAILED` */
  async find(source: GitSource, step: CopyStep, inputs: StepInputs): Promise<string> {
    return (await this.#find(source, step, inputs)).commit;
  }

  /** The commit's files, whose bytes are in the store. @throws also VarveError `GIT_DIRECTORY` */
  async fetch(source: GitSource, step: CopyStep, inputs: StepInputs): Promise<PackedCheckout> {
    const found = await this.#find(source, step, inputs);
    return await this.#once('tree', source, inputs, () =>
      this.#with(source, step, inputs, async (settings) => {
        const time = await checkOut(source, found, settings);
        return await packCheckout(source, { dir: settings.dir, time, store: this.#store(), signal: inputs.signal });
      }),
    );
  }

  #find(source: GitSource, step: CopyStep, inputs: StepInputs): Promise<FoundCommit> {
    return this.#once('commit', source, inputs, () => this.#with(source, step, inputs, (settings) => findCommit(source, settings)));
  }

  #once<T>(what: string, source: GitSource, { build }: StepInputs, work: () => Promise<T>): Promise<T> {
    const known = this.#builds.get(build) ?? new Map<string, Promise<unknown>>();
    this.#builds.set(build, known);
    const name = `${what} ${JSON.stringify(source)}`;
    const going = (known.get(name) as Promise<T> | undefined) ?? work(); // `what` says which it is
    known.set(name, going);
    return going;
  }

  /** Does something with git in a directory that goes afterwards, with what the build was trusted with. */
  async #with<T>(source: GitSource, step: CopyStep, inputs: StepInputs, work: (settings: GitSettings) => Promise<T>): Promise<T> {
    const protocols = protocolsFor(source);
    const parent = join(this.#root, 'tmp');
    mkdirSync(parent, { recursive: true });
    const dir = mkdtempSync(join(parent, 'git-'));
    using secrets = new StepSecrets(step, inputs);
    try {
      const agent = await secrets.openAgent({ id: 'default', required: false });
      const env = { ...headerOf(source, step, inputs), ...(agent !== undefined && { SSH_AUTH_SOCK: agent }) };
      return await work({ dir, protocols, env, signal: inputs.signal });
    } finally {
      await removeTree(dir);
    }
  }
}

/** As for BuildKit: the secrets GIT_AUTH_HEADER and GIT_AUTH_TOKEN, with or without the host's name, for this host alone. */
function headerOf({ url }: GitSource, step: CopyStep, inputs: StepInputs): Readonly<Record<string, string>> {
  const place = URL.parse(url);
  if (place === null || !/^https?:$/.test(place.protocol) || place.username !== '') return {};
  const secretOf = (name: string): string | undefined =>
    [`${name}.${place.hostname}`, name]
      .map((id) => readSecret({ id, required: false }, step, inputs)?.toString('utf8').trim())
      .find((value) => value !== undefined && value !== '');
  const token = secretOf('GIT_AUTH_TOKEN');
  const header = secretOf('GIT_AUTH_HEADER') ?? (token && `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`);
  if (!header) return {};
  // Not as an argument, which everybody on this host can read.
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${place.origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${header}`,
  };
}
