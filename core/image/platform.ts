import { VarveError } from '../src/errors.ts';
import type { Platform } from './descriptor.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  ia32: '386',
  i386: '386',
  armhf: 'arm',
  armel: 'arm',
};

/** An operating system alone is the one of this architecture. */
const KNOWN_SYSTEMS = new Set(['linux', 'windows', 'darwin', 'freebsd']);
/** What may stand alone; anything else would be a typing error that is noticed late. */
const KNOWN_ARCHITECTURES = new Set([
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips64',
  'mips64le',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390x',
  'wasm',
]);

/** What an operating system and the other parts may look like. */
const OS = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const PART = /^[A-Za-z0-9_.-]+$/;

/**
 * `os/arch[/variant]`, or an architecture alone, with the field's aliases.
 *
 * @throws VarveError `PLATFORM_INVALID`, in the words of containerd, which people search for
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/', 4);
  refuseParts(parts, text);
  if (parts.length > 3) throw invalid(text, 'cannot parse platform specifier');
  const lower = parts.map((part) => part.toLowerCase());
  if (lower.length === 1 && KNOWN_SYSTEMS.has(lower[0] ?? '')) return { ...hostPlatform(), os: lower[0] ?? '' };
  const [os = '', architecture = '', variant] = lower.length === 1 ? ['linux', ...lower] : lower;
  const platform = normalizePlatform({ os, architecture, variant });
  if (parts.length === 1 && !KNOWN_ARCHITECTURES.has(platform.architecture))
    throw invalid(text, 'unknown operating system or architecture');
  return platform;
}

function refuseParts([os = '', ...others]: readonly string[], text: string): void {
  if (text.includes('*')) throw invalid(text, 'wildcards not yet supported');
  const refuse = (part: string, what: string, pattern: RegExp): VarveError =>
    invalid(part, `is an invalid ${what} of ${JSON.stringify(text)}: ${MUST[what]} must match ${JSON.stringify(pattern.source)}`, ' ');
  if (!OS.test(os)) throw refuse(os, 'OS component', OS);
  if (os.includes('(')) throw invalid(text, 'versions of operating systems are not supported');
  const odd = others.find((part) => !PART.test(part));
  if (odd !== undefined) throw refuse(odd, 'component', PART);
}
const MUST: Readonly<Record<string, string>> = {
  'OS component': 'OSAndVersion specifier component',
  component: 'platform specifier component',
};

const invalid = (text: string, why: string, between = ': '): VarveError =>
  new VarveError('PLATFORM_INVALID', `${JSON.stringify(text)}${between}${why}: invalid argument`, {
    hint: 'A platform is written os/arch[/variant]: linux/amd64, linux/arm/v7.',
  });

export function normalizePlatform({ os, architecture, variant }: Platform): Platform {
  const arch = ARCHITECTURES[architecture] ?? architecture;
  const plain = (arch === 'arm64' && variant === 'v8') || (arch === 'amd64' && variant === 'v1');
  const kept = plain || variant === '' ? undefined : (variant ?? (architecture === 'armel' ? 'v6' : arch === 'arm' ? 'v7' : undefined));
  return kept === undefined ? { os, architecture: arch } : { os, architecture: arch, variant: kept };
}

export const hostPlatform = (): Platform => normalizePlatform({ os: 'linux', architecture: process.arch });
export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  `${os}/${architecture}${variant === undefined ? '' : `/${variant}`}`;
export const isSamePlatform = (a: Platform, b: Platform): boolean =>
  formatPlatform(normalizePlatform(a)) === formatPlatform(normalizePlatform(b));
