import { type SourceRange, VarveError } from '@varve/core';
import { addedFlags, type Language } from '../language/language.ts';
import { instructionError } from '../parser/syntax-error.ts';
import type { SyntaxNode } from '../parser/syntax-node.ts';
import { trimSpace } from '../parser/text.ts';
import { type FlagTypes, type FlagValue, type FlagValues, parseFlags } from './flags.ts';
import type { InstructionBase } from './instruction.ts';

/** One instruction on its way from node to type. */
export interface Request {
  readonly node: SyntaxNode;
  readonly source: SourceRange;
  /** Ends with an error that has the place. */
  fail(message: string, hint?: string): never;
  flags<const T extends FlagTypes>(types: T): FlagValues<T>;
  base<K extends string>(kind: K): InstructionBase<K>;
}

export function createRequest(node: SyntaxNode, { source, language }: { source: SourceRange; language: Language }): Request {
  const fail = (message: string, hint?: string): never => {
    throw instructionError(message, source, hint);
  };
  const types = addedFlags(language, node.cmd);
  let added: Readonly<Record<string, FlagValue>> | undefined;
  return {
    node,
    source,
    fail,
    flags(own) {
      if (types === undefined) return parseFlags(node.flags, own, fail);
      const taken = Object.keys(types).find((name) => Object.hasOwn(own, name));
      if (taken !== undefined) throw new VarveError('FRONTEND_EXTENSION', `${node.cmd} already has a flag --${taken}`, { source });
      const values = parseFlags(node.flags, { ...own, ...types }, fail);
      added = Object.fromEntries(Object.entries<FlagValue>(values).filter(([name]) => Object.hasOwn(types, name)));
      return values;
    },
    base: (kind) => ({
      kind,
      keyword: node.keyword,
      text: trimSpace(node.text),
      source,
      comments: node.comments,
      flags: node.flags.length === 0 ? node.flags : node.flags.map((flag) => flag.slice(2).split('=', 1)[0] ?? ''),
      ...(added && { added }),
    }),
  };
}

export function requireSome({ node, fail }: Request): readonly string[] {
  return node.args.length > 0 ? node.args : fail(`${node.cmd} requires at least one argument`);
}

export function requireOne({ node, fail }: Request): string {
  const [only] = node.args;
  return only !== undefined && node.args.length === 1 ? only : fail(`${node.cmd} requires exactly one argument`);
}
