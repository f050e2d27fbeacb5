export interface GlobOptions {
  /** `**` matches any number of components, as in ignore files. Without it two stars are one. */
  readonly doubleStar?: boolean;
}

/**
 * Whether a pattern matches the whole of a name or path, as Go's `filepath.Match` does on Unix: `*` and `?` stop at slashes, `[a-z]`,
 * `[^a-z]`, `\x` takes x literally.
 *
 * @throws VarveError `PATTERN_INVALID`
 */
export function matchGlob(pattern: string, name: string, options: GlobOptions = {}): boolean {
  throw new Error(`Not written yet ${pattern} ${name} ${options}`);
}
