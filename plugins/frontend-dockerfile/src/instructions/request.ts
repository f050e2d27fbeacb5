import { type SourceRange, VarveError } from '@varve/core';
import { addedFlags, type Language } from '../language/language.ts';
import { instructionError } from '../parser/syntax-error.ts';
import type { SyntaxNode } from '../parser/syntax-node.ts';
import { trimSpace } from '../parser/text.ts';
import { type FlagTypes, type FlagValue, type FlagValues, parseFlags } from './flags.ts';
import type { InstructionBase } from './instruction.ts';

/** One instruction on its way from node to type. */
export class Request {
  readonly node: SyntaxNode;
  readonly source: SourceRange;
  readonly #language: Language;
  /** Values of the flags that other plugins added. */
  #added: Readonly<Record<string, FlagValue>> | undefined;

  constructor(node: SyntaxNode, { source, language }: { source: SourceRange; language: Language }) {
    this.node = node;
    this.source = source;
    this.#language = language;
  }

  /** Ends with an error that has the place. */
  readonly fail = (message: string, hint?: string): never => {
    throw instructionError(message, this.source, hint);
  };

  flags<const T extends FlagTypes>(own: T): FlagValues<T> {
    const { node, source, fail } = this;
    const types = addedFlags(this.#language, node.cmd);
    if (types === undefined) return parseFlags(node.flags, own, fail);
    const taken = Object.keys(types).find((name) => Object.hasOwn(own, name));
    if (taken !== undefined) throw new VarveError('FRONTEND_EXTENSION', `${node.cmd} already has a flag --${taken}`, { source });
    const values = parseFlags(node.flags, { ...own, ...types }, fail);
    this.#added = Object.fromEntries(Object.entries<FlagValue>(values).filter(([name]) => Object.hasOwn(types, name)));
    return values;
  }

  base<K extends string>(kind: K): InstructionBase<K> {
    const { node, source } = this;
    const { keyword, comments } = node;
    const flags = node.flags.length === 0 ? node.flags : node.flags.map(nameOfFlag);
    const base = { kind, keyword, text: trimSpace(node.text), source, comments, flags };
    return this.#added === undefined ? base : { ...base, added: this.#added };
  }
}

function nameOfFlag(flag: string): string {
  const end = flag.indexOf('=');
  return end < 0 ? flag.slice(2) : flag.slice(2, end);
}

export function requireSome({ node, fail }: Request): readonly string[] {
  return node.args.length > 0 ? node.args : fail(`${node.cmd} requires at least one argument`);
}

export function requireOne({ node, fail }: Request): string {
  const [only] = node.args;
  return only !== undefined && node.args.length === 1 ? only : fail(`${node.cmd} requires exactly one argument`);
}
