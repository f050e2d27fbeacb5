import { VarveError } from '../src/errors.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import { formatPlatform, isSamePlatform, normalizePlatform } from './platform.ts';
import { quote } from './quote.ts';

/** What is looked at of an entry. */
type PlatformEntry = Pick<Descriptor, 'platform' | 'annotations'>;

/** What an index holds beside images: provenance and the like, which BuildKit gives the platform `unknown/unknown`. */
export const isAttestation = ({ annotations, platform }: PlatformEntry): boolean =>
  annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown' || platform?.architecture === 'unknown';

/**
 * The entry of an index for a platform: the same one, else the nearest that its processor can run (arm/v6 on arm/v7), else the only one
 * where an index names no platform at all.
 * @throws VarveError `IMAGE_PLATFORM` with the platforms that there are
 */
export function choosePlatform<Entry extends PlatformEntry>(manifests: readonly Entry[], wanted: Platform): Entry {
  const images = manifests.filter((manifest) => !isAttestation(manifest));
  for (const platform of runnable(wanted)) {
    const found = images.find((image) => image.platform !== undefined && isSamePlatform(image.platform, platform));
    if (found !== undefined) return found;
  }
  const [only, ...others] = images;
  if (only !== undefined && others.length === 0 && only.platform === undefined) return only;
  const there = [...new Set(images.map(({ platform }) => (platform === undefined ? 'one without a platform' : shown(platform))))];
  const found = there.length > MOST_SHOWN ? [...there.slice(0, MOST_SHOWN), `${there.length - MOST_SHOWN} more`] : there;
  throw new VarveError('IMAGE_PLATFORM', `Expected an image for ${formatPlatform(wanted)}, found ${found.join(', ') || 'none at all'}`, {
    hint: there.length > 0 ? 'Choose one of these with --platform.' : undefined,
  });
}

/** Platforms in a message. */
const MOST_SHOWN = 20;
/** As the index has it, which need not be a platform that anybody knows. */
const shown = (platform: Platform): string => quote(formatPlatform(platform)).slice(1, -1);

/** The platform, then those it can run, best first. */
function runnable(wanted: Platform): readonly Platform[] {
  const platform = normalizePlatform(wanted);
  const { architecture, variant } = platform;
  const level = Number(/^v([0-9])$/.exec(variant ?? '')?.[1] ?? Number.NaN);
  const lowest = { arm: 5, arm64: 8, amd64: 1 }[architecture];
  if (lowest === undefined || Number.isNaN(level)) return [platform];
  const levels = Array.from({ length: Math.max(0, level - lowest) }, (_, i) => level - 1 - i);
  return [platform, ...levels.map((n) => normalizePlatform({ ...platform, variant: `v${n}` }))];
}
