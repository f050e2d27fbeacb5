import { usageError } from '@varve/core/command';

/** `url[#[ref][:subdir]]`, or BuildKit's `url?ref=…&subdir=…`. */
export interface GitPlace {
  readonly url: string;
  readonly ref?: string | undefined;
  readonly subdir?: string | undefined;
  /** The beginning of the commit's name that must be found. */
  readonly checksum?: string | undefined;
  /** `.git` belongs to the files. */
  readonly keepGitDir?: boolean | undefined;
}

/** As docker's: other http addresses are files. `git@host:path` is ssh's way to write one. */
const GIT = [/^(?:git|ssh|file):\/\/[^-]/, /^https?:\/\/[^#?]+\.git(?:[#?]|$)/, /^[\w-][\w.-]*@[a-z0-9][a-z0-9.-]*:[^-]/i];
const GITHUB = /^github\.com\/[^/]+\/[^/]+/;

/** The repository that a context names; `undefined`: it names none. @throws VarveError `USAGE` for a question that is none */
export function parseGitPlace(text: string): GitPlace | undefined {
  const whole = GITHUB.test(text) ? `https://${text}` : text;
  if (whole === text && !GIT.some((pattern) => pattern.test(text))) return undefined;
  const [beforeHash, fragment] = cut(whole, '#');
  const [ref, subdir] = cut(fragment, ':');
  const [url, query] = cut(beforeHash, '?');
  const asked = askedIn(query);
  // a commit alone is what is built
  return { url, ...asked, ref: agree('ref', ref, asked.ref) ?? asked.checksum, subdir: agree('subdir', subdir, asked.subdir) };
}

/** What the fragment and the query say, which may not be two things. */
function agree(what: string, fragment: string, asked: string | undefined): string | undefined {
  if (fragment && asked && fragment !== asked)
    throw usageError(`${what} conflicts: ${JSON.stringify(fragment)} vs ${JSON.stringify(asked)}`, 'Say it in one of the two ways.');
  return fragment || asked || undefined;
}

function cut(text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at);
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

const MEMBERS: Readonly<Record<string, 'ref' | 'checksum' | 'subdir'>> = {
  ref: 'ref',
  branch: 'ref',
  tag: 'ref',
  commit: 'checksum',
  checksum: 'checksum',
  subdir: 'subdir',
};
const NAMESPACES: Readonly<Record<string, string>> = { branch: 'refs/heads/', tag: 'refs/tags/' };
const isTrue = (value: string): boolean => /^(?:|1|t|true)$/i.test(value);

function askedIn(query: string): Partial<GitPlace> {
  const found: { ref?: string; checksum?: string; subdir?: string; keepGitDir?: boolean } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const member = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (member !== undefined) found[member] = agree(member, inNamespace(name, value), found[member]) ?? '';
    else if (name === 'keep-git-dir') found.keepGitDir = isTrue(value);
    // submodules are always fetched
    else if (name !== 'submodules' || !isTrue(value))
      throw usageError(
        `A repository is not asked for ${JSON.stringify(name)}`,
        `It is for ${Object.keys(MEMBERS).join(', ')}, keep-git-dir and submodules=true.`,
      );
  }
  return found;
}

function inNamespace(name: string, value: string): string {
  const namespace = NAMESPACES[name] ?? '';
  return value === '' || value.startsWith(namespace) ? value : `${namespace}${value}`;
}
