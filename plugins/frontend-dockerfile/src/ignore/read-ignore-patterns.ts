import type { FrontendRequest } from '@varve/core';
import { parseIgnoreFile } from './parse-ignore-file.ts';

/** Patterns of what the build context hides: the file beside the Dockerfile wins over the context's own, and is not merged with it. */
export async function readIgnorePatterns(request: FrontendRequest): Promise<readonly string[]> {
  const text =
    (await request.readBeside('.dockerignore')) ??
    (await request.readContext('.dockerignore')) ??
    (await request.readContext('.containerignore'));
  return text === undefined ? [] : parseIgnoreFile(text);
}
