import type { CopySource } from '@varve/core';

const GIT = /^(?:git:\/\/|ssh:\/\/|git@)|^https?:\/\/[^#?]+\.git(?:[#?]|$)|^[\w-]+@[\w.-]+:[^/]/;
const HTTP = /^https?:\/\//;

export const isGit = (source: string): boolean => GIT.test(source);
export const isUrl = (source: string): boolean => HTTP.test(source) && !isGit(source);

/** `url#ref:directory`. */
export function gitSource(text: string, options: { readonly checksum?: string | undefined; readonly keepGitDir: boolean }): CopySource {
  const [url = '', fragment = ''] = text.split('#', 2);
  const colon = fragment.indexOf(':');
  const ref = colon < 0 ? fragment : fragment.slice(0, colon);
  const subdir = colon < 0 ? '' : fragment.slice(colon + 1);
  return { kind: 'git', url, ref: ref || undefined, subdir: subdir || undefined, ...options };
}
