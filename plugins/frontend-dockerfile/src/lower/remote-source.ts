import type { CopySource } from '@varve/core';
import { quote } from '../parser/text.ts';

const GIT = /^(?:git:\/\/|ssh:\/\/|git@)|^https?:\/\/[^#?]+\.git(?:[#?]|$)|^[\w-]+@[\w.-]+:[^/]/;
const HTTP = /^https?:\/\//;

/** Of what is copied, most are plain paths. */
const mayBeRemote = (source: string): boolean => source.includes(':') || source.includes('@');
export const isGit = (source: string): boolean => mayBeRemote(source) && GIT.test(source);
export const isUrl = (source: string): boolean => mayBeRemote(source) && HTTP.test(source) && !isGit(source);

export interface GitOptions {
  /** `--checksum`. */
  readonly checksum?: string | undefined;
  /** `--keep-git-dir`, where it was given. */
  readonly keepGitDir?: boolean | undefined;
  fail(message: string): never;
}

type Asked = { -readonly [K in 'ref' | 'subdir' | 'checksum' | 'keep-git-dir']?: string };

const NAMESPACES: Readonly<Record<string, string>> = { branch: 'refs/heads/', tag: 'refs/tags/', ref: '' };

/** `url#ref:directory`, or BuildKit's `url?ref=…&subdir=…`. */
export function gitSource(text: string, { checksum, keepGitDir, fail }: GitOptions): CopySource {
  const [whole = '', fragment = ''] = text.split('#', 2);
  const [url = '', query = ''] = whole.split('?', 2);
  const colon = fragment.indexOf(':');
  const [ref, subdir] = colon < 0 ? [fragment, ''] : [fragment.slice(0, colon), fragment.slice(colon + 1)];
  const asked = readQuery(query, fail);
  const agree = (what: string, ...values: readonly (string | undefined)[]): string | undefined => {
    const [first, second] = [...new Set(values.filter((value) => value !== undefined && value !== ''))];
    if (second !== undefined) fail(`${what} conflicts: ${quote(first ?? '')} vs ${quote(second)}`);
    return first;
  };
  const kept = asked['keep-git-dir'];
  if (keepGitDir !== undefined && kept !== undefined && keepGitDir !== isTrue(kept)) fail('inconsistent keep-git-dir configuration');
  const commit = agree('checksum', checksum, asked.checksum);
  return {
    kind: 'git',
    url,
    // a commit alone in the address is what is meant
    ref: agree('ref', ref, asked.ref) ?? asked.checksum,
    subdir: agree('subdir', subdir, asked.subdir),
    checksum: commit,
    keepGitDir: keepGitDir ?? isTrue(kept),
  };
}

function readQuery(query: string, fail: GitOptions['fail']): Asked {
  const asked: Asked = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const namespace = Object.hasOwn(NAMESPACES, name) ? NAMESPACES[name] : undefined;
    if (namespace !== undefined) {
      if (asked.ref !== undefined) fail('ref conflicts in the query of a git address');
      asked.ref = value.startsWith(namespace) ? value : namespace + value;
    } else if (name === 'checksum' || name === 'commit') asked.checksum = value;
    else if (name === 'subdir' || name === 'keep-git-dir') asked[name] = value === '' && name !== 'subdir' ? 'true' : value;
    else if (name !== 'submodules' || !isTrue(value || 'true')) fail(`unexpected query ${quote(name)} in a git address`);
  }
  return asked;
}

const isTrue = (text: string | undefined): boolean => /^(?:1|t|true)$/i.test(text ?? '');
