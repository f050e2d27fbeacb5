import type { BuildInfo, BuildRequest, CopyStep, TreeRef } from '@varve/core';
import type { FileTree, NodeEntry, Timestamp } from '@varve/core/archive';
import { accountsIn, findOwner, type Owner } from '@varve/core/archive';
import { isImagePlace } from '@varve/core/image';
import { parseMode, wholeMode } from './change-mode.ts';

/** What copied files get besides their bytes. */
export interface Attributing {
  /** What `--chown` says. */
  readonly given: Owner | undefined;
  /** For directories that nobody copied. */
  readonly made: Owner & { readonly mtime: Timestamp };
  /** For those of them that lead to the destination: `--chmod` counts for these, too, where it says a whole mode. */
  readonly madeMode: number | undefined;
  /** The entry for the same file at another path. */
  change(entry: NodeEntry, path?: string): NodeEntry;
}

/** @throws VarveError `USER_UNKNOWN`, `COPY_CHMOD` */
export async function readAttributes(step: CopyStep, tree: FileTree, build: BuildInfo): Promise<Attributing> {
  const { source } = step;
  const given = step.chown ? await findOwner(accountsIn(tree), step.chown, { source }) : undefined;
  const isLocal = isFromHost(step.from, build.request);
  const owner = given ?? (isLocal ? ROOT : undefined);
  const mode = step.chmod ? parseMode(step.chmod, { source }) : undefined;
  const madeMode = step.chmod ? wholeMode(step.chmod) : undefined;
  const change = (entry: NodeEntry, path = entry.path): NodeEntry => {
    const { xattrs, ...rest } = entry;
    const kept = isLocal && xattrs !== undefined ? portable(xattrs) : xattrs;
    return {
      ...rest,
      path,
      ...owner,
      ...(kept !== undefined && { xattrs: kept }),
      mode: mode === undefined || entry.type === 'symlink' ? entry.mode : mode(entry),
      mtime: clamp(entry.mtime, build.epoch),
    };
  };
  return { given, made: { ...(given ?? ROOT), mtime: timeOf(build) }, madeMode, change };
}

const ROOT: Owner = { uid: 0, gid: 0 };

/** Files of a directory of this host belong to whoever checked them out, which is nothing for an image. */
export function isFromHost(from: TreeRef, { contexts = {} }: BuildRequest): boolean {
  if (from.kind !== 'context' && from.kind !== 'name') return false;
  if (from.name === undefined) return true;
  const place = Object.hasOwn(contexts, from.name) ? contexts[from.name] : undefined;
  return place !== undefined && !isImagePlace(place);
}

/** Of a file on this host only what means the same elsewhere: no SELinux labels, no lists of this host's users. */
function portable(xattrs: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  const kept = Object.entries(xattrs).filter(
    ([name]) => name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.')),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The time of what a step makes itself. */
export const timeOf = ({ epoch }: BuildInfo): Timestamp => ({
  seconds: epoch ?? Math.floor(Date.now() / 1000),
  nanoseconds: 0,
});

export const clamp = (time: Timestamp, epoch: number | undefined): Timestamp =>
  epoch === undefined || time.seconds < epoch ? time : { seconds: epoch, nanoseconds: 0 };
