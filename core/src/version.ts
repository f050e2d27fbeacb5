/** Version of the kernel that plugins' `core` ranges are compared with. */
export const CORE_VERSION = '0.1.0';

type Version = readonly [number, number, number];

/**
 * Whether a version lies in a range as plugins write them: `1.2.3`, `^0.1.0`, `~1.2`, `>=1.2.0`, `*`, and alternatives with `||`.
 * `undefined`: this is no range.
 */
export function satisfies(version: string, range: string): boolean | undefined {
  const answers = range.split('||').map((part) => satisfiesOne(version, part.trim()));
  return answers.includes(undefined) ? undefined : answers.includes(true);
}

function satisfiesOne(version: string, range: string): boolean | undefined {
  if (range === '*') return true;
  const match = /^(\^|~|>=)?v?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(range);
  if (!match) return undefined;
  const from: Version = [Number(match[2]), Number(match[3] ?? 0), Number(match[4] ?? 0)];
  const at = version.split('.').map(Number) as unknown as Version;
  if (isBelow(at, from)) return false;
  if (match[1] === '>=') return true;
  return isBelow(at, match[1] === '^' ? caretEnd(from) : match[1] === '~' ? [from[0], from[1] + 1, 0] : [from[0], from[1], from[2] + 1]);
}

/** `^` lets everything right of the first non-zero number grow. */
function caretEnd([major, minor, patch]: Version): Version {
  if (major > 0) return [major + 1, 0, 0];
  return minor > 0 ? [0, minor + 1, 0] : [0, 0, patch + 1];
}
function isBelow(a: Version, b: Version): boolean {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0);
  return false;
}
