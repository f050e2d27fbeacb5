import { type CopySource, VarveError } from '@varve/core';
import { printableUrl } from '../copy/printable-url.ts';

export type GitSource = CopySource & { readonly kind: 'git' };

/** `file` is there for those who write plans themselves: no build file can name it. */
const PROTOCOLS = ['https', 'http', 'ssh', 'git', 'file'];
/** `user@host:path`, the short form of ssh. */
const SHORT = /^[\w.-]+@[\w[][\w.:[\]-]*:(?!-)/;
const REF = /^(?!-)[^\s~^:?*[\\\p{Cc}]+$/u;

/** What git may speak to fetch this. @throws VarveError `GIT_SOURCE`, `GIT_CHECKSUM` for what could mean something else than a repository and a ref */
export function protocolsFor({ url, ref, checksum }: GitSource): readonly string[] {
  const protocol = SHORT.test(url) ? 'ssh' : /^([a-z]+):\/\/(?!-)/.exec(url)?.[1];
  if (protocol === undefined || !PROTOCOLS.includes(protocol))
    throw invalid(`Expected a git repository by ${PROTOCOLS.slice(0, -1).join(', ')}, found ${JSON.stringify(printableUrl(url))}`);
  if (ref !== undefined && (!REF.test(ref) || ref.includes('..')))
    throw invalid(`Expected a branch, tag or commit, found ${JSON.stringify(ref)}`);
  if (checksum !== undefined && !/^[0-9a-f]{1,64}$/i.test(checksum))
    throw new VarveError('GIT_CHECKSUM', `invalid checksum ${checksum} for Git URL, expected hex commit hash`);
  return PROTOCOLS.filter((name) => name !== 'file' || protocol === 'file');
}

const invalid = (message: string): VarveError => new VarveError('GIT_SOURCE', message, { hint: '<url>[#<ref>[:<directory>]]' });

/** What may be shown of what git says: it names addresses with their credentials. */
export const withoutCredentials = (text: string): string => text.replaceAll(/(:\/\/)[^/\s@']*@/g, '$1');
