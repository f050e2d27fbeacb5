import { posix } from 'node:path';
import { VarveError } from '@varve/core';

export interface LinkMember {
  readonly path: string;
  readonly type: 'symlink' | 'hardlink';
  readonly target: string;
}

/** Links inside an archive: old docker versions and podman write a layer once and point at it from each image. They never leave it. */
export class LinkTable {
  readonly #targets = new Map<string, string>();

  add({ path, type, target }: LinkMember): void {
    this.#targets.set(path, type === 'hardlink' ? target : posix.join(posix.dirname(path), target));
  }

  /** Where a path leads in the end. @throws VarveError `ARCHIVE_INVALID` for a link that leads out or round */
  resolve(path: string): string {
    let here = posix.normalize(path);
    for (let hops = 0; hops < 16; hops++) {
      if (posix.isAbsolute(here) || here === '..' || here.startsWith('../'))
        throw new VarveError('ARCHIVE_INVALID', `Expected a member of the archive, found ${JSON.stringify(path)}, which leads out of it`);
      const next = this.#targets.get(here);
      if (next === undefined) return here;
      here = posix.normalize(next);
    }
    throw new VarveError('ARCHIVE_INVALID', `The link ${JSON.stringify(path)} leads nowhere`);
  }
}
