import { isHeredocWord, parseHeredocWord } from '../parser/heredoc.ts';
import type { Heredoc } from '../parser/syntax-node.ts';
import type { AddInstruction, CopyInstruction } from './instruction.ts';
import type { Request } from './request.ts';

const COMMON = { chown: 'string', chmod: 'string', link: 'boolean', exclude: 'strings' } as const;
const OF_COPY = { ...COMMON, from: 'string', parents: 'boolean' } as const;
const OF_ADD = { ...COMMON, checksum: 'string', 'keep-git-dir': 'boolean', unpack: 'boolean' } as const;

export function parseCopy(request: Request): CopyInstruction {
  requirePlaces(request);
  const { chown, chmod, link, exclude, from, parents } = request.flags(OF_COPY);
  const { sources, documents, dest } = splitPlaces(request);
  // one after the other, since every spread costs a walk over an object's fields
  return {
    ...request.base('copy'),
    sources,
    documents,
    dest,
    chown,
    chmod,
    link: link ?? false,
    exclude,
    from,
    parents: parents ?? false,
  };
}

export function parseAdd(request: Request): AddInstruction {
  requirePlaces(request);
  const { chown, chmod, link, exclude, checksum, unpack, 'keep-git-dir': keepGitDir } = request.flags(OF_ADD);
  const common = { ...splitPlaces(request), chown, chmod, link: link ?? false, exclude };
  return { ...request.base('add'), ...common, checksum, unpack, keepGitDir };
}

interface Places {
  readonly sources: readonly string[];
  readonly documents: readonly Heredoc[];
  readonly dest: string;
}

function requirePlaces({ node, fail }: Request): void {
  const { cmd, args } = node;
  if (args.length > 1) return;
  const hint = `${cmd} <source>... <destination>`;
  fail(`${cmd} requires at least two arguments, but only one was provided. Destination could not be determined.`, hint);
}

function splitPlaces({ node, fail }: Request): Places {
  const { cmd, args, heredocs } = node;
  const dest = args.at(-1) ?? '';
  const places = args.slice(0, -1);
  if (node.json || !node.text.includes('<<')) return { sources: places, dest, documents: [] };
  if (isHeredocWord(dest)) fail(`${cmd} cannot accept a heredoc as a destination`);
  const [documents, sources] = partition(places, isHeredocWord);
  return { sources, dest, documents: documents.flatMap((word) => documentOf(word, heredocs)) };
}

function partition(words: readonly string[], is: (word: string) => boolean): [string[], string[]] {
  return [words.filter(is), words.filter((word) => !is(word))];
}

function documentOf(word: string, heredocs: readonly Heredoc[]): readonly Heredoc[] {
  const name = parseHeredocWord(word)?.name;
  return heredocs.filter((heredoc) => heredoc.name === name).slice(-1);
}
