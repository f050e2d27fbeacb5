import type { FrontendRequest } from '@varve/core';
import { parseIgnoreFile } from './parse-ignore-file.ts';

/** Patterns of what the build context hides: the file beside the Dockerfile wins over the context's own, and is not merged with it. */
export async function readIgnorePatterns(request: FrontendRequest): Promise<readonly string[]> {
  const text = (await request.readBeside('.dockerignore')) ?? (await readIgnoreFile(request));
  return text === undefined ? [] : parseIgnoreFile(text);
}

/** What named contexts hide, by name: each says so itself. */
export async function readContextPatterns(request: FrontendRequest): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: (readonly [string, readonly string[]])[] = [];
  for (const name of Object.keys(request.contexts)) {
    const text = await readIgnoreFile(request, name);
    if (text !== undefined) found.push([name, parseIgnoreFile(text)]);
  }
  return Object.fromEntries(found);
}

const readIgnoreFile = async ({ readContext }: FrontendRequest, name?: string): Promise<string | undefined> =>
  (await readContext('.dockerignore', name)) ?? (await readContext('.containerignore', name));
