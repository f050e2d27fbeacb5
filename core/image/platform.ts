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

/** `os/arch[/variant]`, or an architecture alone, with the field's aliases. @throws VarveError `PLATFORM_INVALID` */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (text === '' || parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) throw invalid(text);
  if (text === 'linux') return hostPlatform();
  const [os = '', architecture = '', variant] = parts.length === 1 ? ['linux', ...parts] : parts;
  const platform = normalizePlatform({ os, architecture, variant });
  if (parts.length === 1 && !KNOWN_ARCHITECTURES.has(platform.architecture)) throw invalid(text);
  return platform;
}

const invalid = (text: string): VarveError =>
  new VarveError('PLATFORM_INVALID', `Expected a platform like linux/amd64 or linux/arm/v7, found ${JSON.stringify(text)}`);

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
