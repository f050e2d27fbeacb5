import { statfsSync } from 'node:fs';
import { type BuildRequest, type Host, IMAGES, type Plan, type Step, type TreeRef } from '@varve/core';
import { formatReference, parseReference, withDefaultTag } from '@varve/core/image';

/**
 * Whether nothing but files of this host and its store decides what comes of a request: nobody is asked elsewhere, nothing is written
 * besides an image, and no cache is passed over.
 */
export function isRepeatable(request: BuildRequest): boolean {
  const { context, contexts = {}, platforms = [], outputs = [], secrets = {}, ssh = {}, cacheFrom = [], cacheTo = [] } = request;
  const { noCache = false, pull = false, options = {} } = request;
  const given = [contexts, secrets, ssh].flatMap(Object.keys);
  return (
    context !== undefined &&
    [...given, ...cacheFrom, ...cacheTo].length === 0 &&
    platforms.length <= 1 &&
    outputs.every(({ type }) => type === 'image') &&
    (noCache === false || (Array.isArray(noCache) && noCache.length === 0)) &&
    [false, 'missing', 'never'].includes(pull) &&
    options.progress !== 'rawjson' && // it shows more of the steps than is kept
    hasTruthfulTimes(context)
  );
}

/** Numbers of file systems (statfs(2)) in which each change of a file or directory shows in its times, at once and whoever made it. */
const TRUTHFUL: ReadonlySet<number> = new Set([
  0xef53, // ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
]);
const hasTruthfulTimes = (path: string): boolean => TRUTHFUL.has(Number(statfsSync(path).type) >>> 0);

/** Whether all steps are of kinds that look at nothing but the trees they name, and all images are here. */
export async function isOfThisHost({ stages }: Plan, host: Host): Promise<boolean> {
  const steps = stages.flatMap((stage) => stage.steps);
  if (!steps.every(isOfTrees)) return false;
  const bases = stages.flatMap(({ base }) => (base.kind === 'image' ? [base.ref] : base.kind === 'name' ? [base.name] : []));
  const images = host.get(IMAGES);
  for (const ref of new Set([...bases, ...steps.flatMap(({ inputs = [] }) => inputs.flatMap(imageOf))]))
    if ((await images.find(formatReference(withDefaultTag(parseReference(ref))))) === undefined) return false;
  return true;
}

function isOfTrees(step: Step): boolean {
  switch (step.kind) {
    case 'config':
    case 'mkdir':
    case 'run':
      return true;
    case 'copy':
      return step.sources.every(({ kind }) => kind !== 'url' && kind !== 'git');
    default:
      return false; // of another plugin
  }
}

const imageOf = (ref: TreeRef): readonly string[] => (ref.kind === 'image' ? [ref.ref] : ref.kind === 'name' ? [ref.name] : []);
