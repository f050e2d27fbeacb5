import { VarveError } from '@varve/core';
import type { FlagTypes } from '../instructions/flags.ts';
import type { FlagExtension, InstructionExtension } from './extension.ts';
import { KEYWORDS } from './keywords.ts';

/** What is understood besides Docker's own language. */
export interface Language {
  /** By keyword. */
  readonly instructions: ReadonlyMap<string, InstructionExtension>;
  /** Added flags by the instruction's keyword. */
  readonly flags: ReadonlyMap<string, readonly FlagExtension[]>;
}

export interface Additions {
  readonly instructions?: readonly InstructionExtension[];
  readonly flags?: readonly FlagExtension[];
}

/** @throws VarveError `FRONTEND_EXTENSION` where two mean the same word */
export function createLanguage({ instructions = [], flags = [] }: Additions = {}): Language {
  const known = new Map<string, InstructionExtension>();
  for (const instruction of instructions) {
    const { keyword } = instruction;
    if (!/^[A-Z][A-Z0-9_-]*$/.test(keyword)) throw refusal(`an instruction in capital letters was expected, found "${keyword}"`);
    if (KEYWORDS.has(keyword) || known.has(keyword)) throw refusal(`there already is an instruction ${keyword}`);
    known.set(keyword, instruction);
  }
  for (const { instruction, name } of flags) {
    if (!KEYWORDS.has(instruction) && !known.has(instruction)) throw refusal(`--${name} is for ${instruction}, which is no instruction`);
    const same = flags.filter((other) => other.instruction === instruction && other.name === name);
    if (same.length > 1) throw refusal(`two plugins bring ${instruction} --${name}`);
  }
  return { instructions: known, flags: Map.groupBy(flags, ({ instruction }) => instruction) };
}

/** Docker's language and nothing else. */
export const DOCKER: Language = createLanguage();

/** Flags that were added to an instruction, for its parser. */
export function addedFlags({ flags }: Language, keyword: string): FlagTypes | undefined {
  const added = flags.get(keyword);
  return added && Object.fromEntries(added.map(({ name, type }) => [name, type]));
}

const refusal = (message: string): VarveError =>
  new VarveError('FRONTEND_EXTENSION', message, { hint: 'Take one of the plugins out of the preset.' });
