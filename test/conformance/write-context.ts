import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, lutimesSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setXattr } from '@varve/core/system';
import type { ConformanceCase, FileSpec } from './conformance-case.ts';

/** Seconds since 1970: when every file of every context was last changed. */
export const CONTEXT_TIME = 1_000_000_000;

/** Writes the files of a case into an empty directory. */
export async function writeContext(dir: string, { dockerfile, files = {}, asked }: ConformanceCase): Promise<void> {
  const file = join(dir, asked?.file ?? 'Dockerfile');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, dockerfile);
  for (const [name, given] of Object.entries(files)) {
    const path = join(dir, name);
    const spec: FileSpec = typeof given === 'string' ? { text: given } : given;
    mkdirSync(dirname(path), { recursive: true });
    await make(path, spec, dir);
    if (spec.target !== undefined) continue;
    if (spec.uid !== undefined || spec.gid !== undefined) chownSync(path, spec.uid ?? 0, spec.gid ?? 0);
    const mode = spec.mode ?? (spec.isDirectory ? 0o755 : 0o644);
    if (spec.sameAs === undefined) chmodSync(path, mode);
    for (const [key, value] of Object.entries(spec.xattrs ?? {})) setXattr(path, key, Buffer.from(value, 'latin1'));
  }
  setTimes(dir);
}

async function make(path: string, spec: FileSpec, dir: string): Promise<void> {
  if (spec.isDirectory) mkdirSync(path, { recursive: true });
  else if (spec.target !== undefined) symlinkSync(spec.target, path);
  else if (spec.sameAs !== undefined) linkSync(join(dir, spec.sameAs), path);
  else if (spec.isFifo) execFileSync('mkfifo', [path]);
  else if (spec.isSocket) await leaveSocket(path);
  else writeFileSync(path, spec.text ?? '');
}

/** Node removes a socket when it closes it: another name of it stays. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(`${path}.tmp`, done));
  linkSync(`${path}.tmp`, path);
  await new Promise((done) => server.close(done));
}

function setTimes(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) setTimes(path);
    lutimesSync(path, CONTEXT_TIME, CONTEXT_TIME);
  }
}
