import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, VarveError } from '@varve/core';
import { getXattr, mount, mounts, removeTree, unmount, whySystemUnavailable } from '@varve/core/system';
import { driverRoot } from './layout.ts';

/** What the kernel gives an overlay on this file system. */
export interface OverlaySupport {
  /** Options for every mount. */
  readonly options: readonly string[];
}
type Probe = OverlaySupport | { readonly reason: string };

/** Renamed directories, metadata-only copies and inode indexes would make the upper directory say less than what changed. */
const PLAIN = ['redirect_dir=off', 'metacopy=off', 'index=off'];
/** Most wanted first: `volatile` (Linux 5.10) spares a sync of the whole file system at each unmount. */
const CHOICES: readonly (readonly string[])[] = [[...PLAIN, 'volatile'], PLAIN, []];

const probes = new Map<string, Promise<Probe>>();

/** Why there can be no overlay snapshots in this store; found out by mounting one, once for a process. */
export async function whyUnsupported(storeRoot: string): Promise<string | undefined> {
  const probe = await probeOverlay(storeRoot);
  return 'reason' in probe ? probe.reason : undefined;
}

/** @throws VarveError `HOST_UNSUPPORTED` */
export async function overlaySupport(storeRoot: string): Promise<OverlaySupport> {
  const probe = await probeOverlay(storeRoot);
  if ('reason' in probe) throw new VarveError('HOST_UNSUPPORTED', `No overlay can be mounted in ${storeRoot}: ${probe.reason}`);
  return probe;
}

function probeOverlay(storeRoot: string): Promise<Probe> {
  const known = probes.get(storeRoot) ?? probe(storeRoot);
  probes.set(storeRoot, known);
  return known;
}

async function probe(storeRoot: string): Promise<Probe> {
  if (process.platform !== 'linux') return { reason: `overlays are Linux's, and this is ${process.platform}` };
  const unavailable = whySystemUnavailable();
  if (unavailable !== undefined) return { reason: unavailable };
  if (process.getuid?.() !== 0) return { reason: 'mounting needs root' };
  let dir: string;
  try {
    mkdirSync(driverRoot(storeRoot), { recursive: true, mode: 0o700 });
    dir = mkdtempSync(join(driverRoot(storeRoot), 'probe-'));
  } catch (cause) {
    return { reason: `the store cannot be written: ${messageOf(cause)}` };
  }
  const found = await tryChoices(dir);
  await removeTree(dir);
  if ('reason' in found) removeEmpty(driverRoot(storeRoot));
  return found;
}

async function tryChoices(dir: string): Promise<Probe> {
  let reason = '';
  for (const [number, options] of CHOICES.entries()) {
    try {
      const missing = await whyIncomplete(join(dir, String(number)), options);
      return missing === undefined ? { options } : { reason: missing };
    } catch (failure) {
      if (!VarveError.is(failure)) throw failure;
      reason = failure.code === 'SYSTEM_ENODEV' ? 'this kernel has no overlay file system' : `${failure.message}${onOverlay(dir)}`;
    }
  }
  return { reason };
}

/** Mounts an overlay, removes things in it and looks what the upper directory says. */
async function whyIncomplete(dir: string, options: readonly string[]): Promise<string | undefined> {
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [join(lower, 'dir', 'sub'), upper, work, merged]) mkdirSync(path, { recursive: true });
  writeFileSync(join(lower, 'file'), '');
  const data = [`lowerdir=${lower}`, `upperdir=${upper}`, `workdir=${work}`, ...options];
  mount({ type: 'overlay', source: 'overlay', target: merged, options: data });
  try {
    rmSync(join(merged, 'file'));
    if (readdirSync(merged).includes('file'))
      return 'removed files stay visible: the file system does not tell the types of directory entries (d_type)';
    if (!isWhiteout(join(upper, 'file'))) return 'removed files leave no whiteout';
    rmSync(join(merged, 'dir'), { recursive: true });
    mkdirSync(join(merged, 'dir'));
    const mark = getXattr(join(upper, 'dir'), 'trusted.overlay.opaque')?.toString();
    return mark === 'y' ? undefined : 'replaced directories are not marked as opaque (no trusted.* attributes)';
  } finally {
    await unmount(merged);
  }
}

function isWhiteout(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isCharacterDevice() === true && status.rdev === 0;
}

function onOverlay(dir: string): string {
  const holding = mounts().filter(({ target }) => target === '/' || dir === target || dir.startsWith(`${target}/`));
  const type = holding.sort((a, b) => a.target.length - b.target.length).at(-1)?.type;
  return type === undefined ? '' : ` (the store lies on ${type})`;
}

function removeEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // There is something in it: an earlier kernel could mount overlays here.
  }
}
