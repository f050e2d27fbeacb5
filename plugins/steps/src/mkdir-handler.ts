import type { MkdirStep, StepHandler, StepInputs } from '@varve/core';
import { accountsIn, cleanPath, findOwnerOrRoot, type Owner, resolvePath } from '@varve/core/archive';
import { timeOf } from './copy/attributes.ts';
import { Destination } from './copy/destination.ts';

/** A directory, composed: no directory of this host, no mount, no privilege. What is there already stays as it is. */
export const mkdirHandler: StepHandler<MkdirStep> = {
  fingerprint: async ({ path, owner, mode }) => ({ path, owner, mode: mode.toString(8) }),
  async execute(step, inputs) {
    const below = await inputs.tree();
    const path = resolvePath(below, cleanPath(step.path)).path;
    const isThere = path === '' || below.get(path)?.type === 'directory';
    const into = new Destination(below, { made: { ...(isThere ? ROOT : await ownerOf(step, inputs)), mtime: timeOf(inputs.build) } });
    if (!isThere) into.makeDirectories(path, step.mode);
    return { kind: 'layer', draft: await into.draft() };
  },
};

const ROOT: Owner = { uid: 0, gid: 0 };

/** Also of the directories on the way that are made with it. */
const ownerOf = async ({ owner, source }: MkdirStep, inputs: StepInputs): Promise<Owner> =>
  await findOwnerOrRoot(accountsIn(await inputs.tree()), owner, { source, warn: (warning) => inputs.warn(warning) });
