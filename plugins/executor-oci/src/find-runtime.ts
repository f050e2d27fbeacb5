import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { messageOf } from '@varve/core';
import { HOST_ENV, whyLaunchUnavailable, whyNotAdmin, whySandboxUnavailable, whySystemUnavailable } from '@varve/core/system';

export interface Runtime {
  readonly kind: 'crun' | 'runc';
  /** Absolute. */
  readonly path: string;
}

const DEFAULTS = ['crun', 'runc'];

/** The runtime that is asked for, or the first of the usual ones that starts here; or why there is none. */
export async function findRuntime(
  wanted?: string,
): Promise<{ readonly kind: 'found'; readonly runtime: Runtime } | { readonly kind: 'none'; readonly reason: string }> {
  const unavailable = whyLaunchUnavailable() ?? whySystemUnavailable() ?? whyNotAdmin() ?? (await whySandboxUnavailable());
  if (unavailable !== undefined) return { kind: 'none', reason: unavailable };
  const reasons: string[] = [];
  for (const name of wanted === undefined ? DEFAULTS : [wanted]) {
    const found = await identify(name);
    if (typeof found !== 'string') return { kind: 'found', runtime: found };
    reasons.push(found);
  }
  return { kind: 'none', reason: reasons.join('; ') };
}

/** By what it says of itself: the program may be called anything. */
async function identify(name: string): Promise<Runtime | string> {
  const path = name.includes('/')
    ? name
    : HOST_ENV.PATH.split(':')
        .map((dir) => `${dir}/${name}`)
        .find((each) => existsSync(each));
  if (path === undefined) return `${name} is not installed`;
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { env: HOST_ENV, timeout: 10_000 });
    const kind = /^(crun|runc) version/.exec(stdout)?.[1];
    if (kind === 'crun' || kind === 'runc') return { kind, path };
    return `${name} is neither crun nor runc: ${JSON.stringify(stdout.split('\n', 1)[0])}`;
  } catch (cause) {
    return `${name} does not start: ${messageOf(cause)}`;
  }
}
