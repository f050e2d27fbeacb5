import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestFn } from 'ava';
import { Client } from './client.ts';
import { type DockerRegistry, type RegistrySetup, startRegistry } from './docker-registry.ts';
import { sampleImage } from './images.ts';

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}
export interface Manifest extends Descriptor {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export const USER = { username: 'ali', password: 'open sesame' } as const;
/** bcrypt of the password, at its lowest cost. */
export const HTPASSWD = `${USER.username}:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n`;

export interface SiteSetup extends RegistrySetup {
  /** Who may enter. */
  readonly htpasswd?: string;
}

/** A docker-registry for all tests of a file, with `acme/app:1` in it where anybody may push. */
export class RegistrySite {
  readonly #dir = mkdtempSync(join(tmpdir(), 'varve-registry-site-'));
  #registry: DockerRegistry | undefined;
  #sample: Manifest | undefined;

  static for(test: TestFn<unknown>, setup: SiteSetup = {}): RegistrySite {
    const site = new RegistrySite();
    test.before(() => site.#start(setup));
    test.after.always(() => site.#stop());
    return site;
  }

  get registry(): DockerRegistry {
    if (this.#registry === undefined) throw new Error('The registry was not started');
    return this.#registry;
  }

  /** What `acme/app:1` is. */
  get sample(): Manifest {
    if (this.#sample === undefined) throw new Error('Nothing was pushed');
    return this.#sample;
  }

  /** What a tag names; `undefined`: there is no such tag. Whatever it names is there, whole. */
  async manifestOf(repository: string, tag: string): Promise<Manifest | undefined> {
    const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
    const response = await fetch(`http://${this.registry.host}/v2/${repository}/manifests/${tag}`, { headers: { accept } });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status === 404) return undefined;
    const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      if (!this.registry.has(repository, digest)) throw new Error(`${repository}:${tag} lacks ${digest}`);
      const found = createHash('sha256')
        .update(readFileSync(this.registry.blobFile(digest)))
        .digest('hex');
      if (digest !== `sha256:${found}`) throw new Error(`${repository}:${tag} has other bytes in ${digest}`);
    }
    return { ...manifest, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length };
  }

  /** The digest that a tag of an index has; `undefined`: there is no such tag. Each manifest that it names is there. */
  async indexOf(repository: string, tag: string): Promise<{ readonly digest: string } | undefined> {
    const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json';
    const response = await fetch(`http://${this.registry.host}/v2/${repository}/manifests/${tag}`, { headers: { accept } });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status === 404) return undefined;
    const { manifests } = JSON.parse(bytes.toString('utf8')) as { readonly manifests: readonly Descriptor[] };
    for (const { digest } of manifests)
      if ((await this.manifestOf(repository, digest)) === undefined) throw new Error(`${repository}:${tag} lacks ${digest}`);
    return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
  }

  async #start({ htpasswd, ...setup }: SiteSetup): Promise<void> {
    const path = join(this.#dir, 'htpasswd');
    if (htpasswd !== undefined) writeFileSync(path, htpasswd);
    const auth = htpasswd === undefined ? setup.auth : { htpasswd: { realm: 'test', path } };
    this.#registry = await startRegistry(this.#dir, { ...setup, auth });
    if (auth !== undefined || setup.tls !== undefined) return;
    using client = new Client();
    await client.store(sampleImage(), 'sample');
    await client.must(['push', 'sample', `${this.registry.host}/acme/app:1`]);
    this.#sample = await this.manifestOf('acme/app', '1');
  }

  async #stop(): Promise<void> {
    await this.#registry?.[Symbol.asyncDispose]();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
