import type { MkdirStep, StepHandler, StepInputs } from '@varve/core';
import { cleanPath, parentOf } from '@varve/core/archive';
import { timeOf } from './copy/attributes.ts';
import { Destination } from './copy/destination.ts';
import { findOwnerOrRoot } from './users.ts';

/** A directory, composed: no directory of this host, no mount, no privilege. What is there already stays as it is. */
export const mkdirHandler: StepHandler<MkdirStep> = {
  fingerprint: async ({ path, owner, mode }) => ({ path, owner, mode: mode.toString(8) }),
  async execute(step, inputs) {
    const into = new Destination(await inputs.tree(), {
      made: { uid: 0, gid: 0, mtime: timeOf(inputs.build) },
    });
    const path = into.resolve(cleanPath(step.path));
    if (path !== '' && into.get(path)?.type !== 'directory') await make(step, path, { into, inputs });
    return { kind: 'layer', draft: await into.draft() };
  },
};

interface Making {
  readonly into: Destination;
  readonly inputs: StepInputs;
}
async function make({ owner, mode, source }: MkdirStep, path: string, { into, inputs }: Making): Promise<void> {
  const { warn, build } = inputs;
  // A file there is refused like one on the way.
  into.makeDirectories(into.get(path) === undefined ? parentOf(path) : path);
  const ids = await findOwnerOrRoot(await inputs.tree(), owner, { source, warn: (warning) => warn.call(inputs, warning) });
  into.putDirectory({ type: 'directory', path, mode, ...ids, mtime: timeOf(build) });
}
