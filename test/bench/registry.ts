import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Debian's docker-registry on a loopback port, with all it stores in one folder. */
export class Registry implements Disposable {
  readonly host: string;
  readonly #child: ChildProcess;

  private constructor(host: string, child: ChildProcess) {
    this.host = host;
    this.#child = child;
  }

  static async start(dir: string): Promise<Registry> {
    const host = `127.0.0.1:${await freePort()}`;
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'config.json'); // JSON is YAML
    const storage = { filesystem: { rootdirectory: join(dir, 'data') } };
    writeFileSync(file, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { addr: host } }));
    const log = openSync(join(dir, 'log'), 'w');
    const registry = new Registry(host, spawn('docker-registry', ['serve', file], { stdio: ['ignore', log, log] }));
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(host)) return registry;
      await sleep(50);
    }
    registry[Symbol.dispose]();
    throw new Error(`docker-registry does not answer on ${host}`);
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

const answers = (host: string): Promise<boolean> =>
  fetch(`http://${host}/v2/`).then(
    ({ ok }) => ok,
    () => false,
  );

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}
