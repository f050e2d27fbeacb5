import type { LayerIndex } from './entry.ts';

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The index of everything in a real directory, the directory itself included: hard links found, xattrs, devices; no sockets. */
export async function scanDirectory(root: string, options: ScanOptions = {}): Promise<LayerIndex> {
  throw new Error(`Not written yet ${root} ${options}`);
}

/**
 * The same for an overlay's upper directory: char devices 0:0 are whiteouts, opaque directories get their marker. As it lies there; see
 * `upperChanges` for the layer that it means.
 *
 * @throws VarveError `OVERLAY_REDIRECT` if a directory was renamed in place or a file has metadata only: then the directory alone does not say what changed
 */
export async function scanUpper(
  root: string,
  options: ScanOptions & { readonly userxattr?: boolean } = {},
): Promise<LayerIndex> {
  throw new Error(`Not written yet ${root} ${options}`);
}
