import type { RunMount, Step, TreeRef } from '@varve/core';

type Change = (ref: TreeRef) => TreeRef;

/** The step with every tree that it reads from exchanged; of a foreign kind only those that it names in `inputs`. */
export function mapRefs(step: Step, change: Change): Step {
  const inputs = step.inputs && { inputs: step.inputs.map(change) };
  if (step.kind === 'copy') return { ...step, ...inputs, from: change(step.from) };
  if (step.kind === 'run') return { ...step, ...inputs, mounts: step.mounts.map((mount) => mapMount(mount, change)) };
  return { ...step, ...inputs };
}

function mapMount(mount: RunMount, change: Change): RunMount {
  if (mount.type === 'bind') return { ...mount, from: change(mount.from) };
  if (mount.type === 'cache' && mount.from !== undefined) return { ...mount, from: change(mount.from) };
  return mount;
}

/** Every tree that the step reads from. */
export function refsOf(step: Step): readonly TreeRef[] {
  const refs: TreeRef[] = [];
  mapRefs(step, (ref) => {
    refs.push(ref);
    return ref;
  });
  return refs;
}
