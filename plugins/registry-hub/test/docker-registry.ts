import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestFn } from 'ava';

/** Debian's docker-registry on loopback. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** The file that holds a blob. */
  blobFile(hex: string): string;
}

export const USER = { username: 'ali', password: 'open sesame' } as const;
/** bcrypt of the password, at its lowest cost. */
const HTPASSWD = `${USER.username}:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n`;

export const isRegistryMissing = (): boolean => spawnSync('docker-registry', ['--version']).status !== 0;

/** Starts a registry with its storage in `dir`. */
export async function startRegistry(dir: string, { isPrivate = false } = {}): Promise<DockerRegistry> {
  const htpasswd = join(dir, 'htpasswd');
  writeFileSync(htpasswd, HTPASSWD);
  const auth = isPrivate ? { auth: { htpasswd: { realm: 'test', path: htpasswd } } } : {};
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dir, 'storage') } },
    http: { addr: '127.0.0.1:0', secret: 'test' },
    ...auth,
  };
  writeFileSync(join(dir, 'config.yml'), JSON.stringify(config)); // JSON is YAML
  const child = spawn('docker-registry', ['serve', join(dir, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stderr })) {
    const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (host === undefined) continue;
    child.stderr.resume();
    return {
      host,
      blobFile: (hex) => join(dir, 'storage/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'),
      async [Symbol.asyncDispose]() {
        child.kill();
        await exited;
      },
    };
  }
  throw new Error('docker-registry did not start');
}

/** A registry for all tests of a file. */
export function registryFor(test: TestFn, options: { readonly isPrivate?: boolean } = {}): () => DockerRegistry {
  const dir = mkdtempSync(join(tmpdir(), 'varve-registry-'));
  let registry: DockerRegistry | undefined;
  test.before(async () => {
    registry = await startRegistry(dir, options);
  });
  test.after.always(async () => {
    await registry?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });
  return () => {
    if (registry === undefined) throw new Error('The registry was not started');
    return registry;
  };
}
