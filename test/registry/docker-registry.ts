import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isInstalled } from './programs.ts';

/** What docker-registry's configuration calls `auth` and `http.tls`. */
export interface RegistrySetup {
  readonly auth?: Readonly<Record<string, unknown>> | undefined;
  readonly tls?: Readonly<Record<string, unknown>> | undefined;
}

/** Debian's docker-registry on a free loopback port, with its storage in a folder where tests look at what it has. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** The file that holds a blob; there is none before the blob is committed. */
  blobFile(digest: string): string;
  /** Whether a repository has been given this blob. */
  has(repository: string, digest: string): boolean;
}

export const isRegistryMissing = !isInstalled('docker-registry');

export async function startRegistry(dir: string, { auth, tls }: RegistrySetup = {}): Promise<DockerRegistry> {
  mkdirSync(dir, { recursive: true });
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dir, 'storage') }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'test', ...(tls && { tls }) },
    ...(auth && { auth }),
  };
  const file = join(dir, 'config.yml');
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  const child = spawn('docker-registry', ['serve', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (host === undefined) continue;
    child.stderr.resume();
    const base = join(dir, 'storage/docker/registry/v2');
    return {
      host,
      blobFile: (digest) => join(base, 'blobs/sha256', digest.slice(7, 9), digest.slice(7), 'data'),
      has: (repository, digest) => existsSync(join(base, 'repositories', repository, '_layers/sha256', digest.slice(7), 'link')),
      async [Symbol.asyncDispose]() {
        child.kill();
        await exited;
      },
    };
  }
  throw new Error(`docker-registry did not start:\n${said.join('\n')}`);
}
