import type { Content, FileEntry } from './entry.ts';
import { hostPath } from './paths.ts';

/** Where the bytes of the entries of a scanned directory lie. */
export const contentIn =
  (root: string) =>
  (file: FileEntry): Content => ({
    kind: 'range',
    file: hostPath(root, file.path),
    offset: 0,
    length: file.size,
  });

/** All bytes of a content. @throws VarveError `SOURCE_CHANGED` if there are fewer than promised or its stamp does not fit */
export function readContent(content: Content): Buffer {
  throw new Error(`Not written yet ${content}`);
}

/** `sha256:…` of each content, in order. Reads in turns, so that the event loop stays alive. @throws VarveError `SOURCE_CHANGED` */
export async function hashContents(
  contents: readonly Content[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly string[]> {
  throw new Error(`Not written yet ${contents} ${options}`);
}
