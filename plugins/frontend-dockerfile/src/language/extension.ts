import type { BuildWarning, Step, TreeRef } from '@varve/core';
import type { FlagType, FlagTypes, FlagValue } from '../instructions/flags.ts';
import type { CustomInstruction } from '../instructions/instruction.ts';

/**
 * How the text behind keyword and flags becomes arguments: one text; words separated by blanks; words whose quotes may hold blanks; a JSON
 * array or else words; a JSON array or else one text; `name=value` pairs, flat, as of ENV.
 */
export type ArgumentForm = 'text' | 'list' | 'words' | 'json-or-list' | 'json-or-text' | 'pairs';

/** What an instruction or flag of another plugin may ask where it stands. Errors get the instruction's place. */
export interface ExtensionScope {
  /** Fills in variables and resolves quotes. */
  expand(word: string): string;
  /** The same, but blanks separate words. */
  expandWords(word: string): readonly string[];
  /** What `--from=<name>` means here. */
  tree(name: string): TreeRef;
  /** Absolute; of the stage so far. */
  readonly workingDir: string;
  /** As USER has it; empty for root. */
  readonly user: string;
  /** What a command in shell form has in front. */
  readonly shell: readonly string[];
  /** A small text file of the build context, or `undefined` where there is none. */
  readContext(path: string): Promise<string | undefined>;
  /**
   * The steps of more Dockerfile text, as if it stood here: it sees the stage's state and changes it. Places point into `file`.
   *
   * @throws VarveError `FRONTEND_SYNTAX`, also for FROM, which cannot stand in the middle of a stage; `FRONTEND_LIMIT` for text in text
   * without end
   */
  lowerText(text: string, file: string): Promise<readonly Step[]>;
  warn(warning: BuildWarning): void;
  /** @throws VarveError `FRONTEND_SYNTAX` */
  fail(message: string, hint?: string): never;
}

/** One more instruction: contributed to `INSTRUCTIONS`. */
export interface InstructionExtension {
  /** Upper case, and none of Docker's own. */
  readonly keyword: string;
  readonly form: ArgumentForm;
  readonly flags?: FlagTypes | undefined;
  /** Its words may open heredocs. */
  readonly takesHeredocs?: boolean | undefined;
  /** What is wrong with it as written, before anything is known of the build; `usage` becomes the hint. */
  whyWrong?(instruction: CustomInstruction): string | undefined;
  /** `INCLUDE <file>` */
  readonly usage: string;
  lower(instruction: CustomInstruction, scope: ExtensionScope): Promise<readonly Step[]>;
}

/** One more flag on an instruction: contributed to `FLAGS`. */
export interface FlagExtension {
  /** Upper case: Docker's, or one of `INSTRUCTIONS`. */
  readonly instruction: string;
  /** Without dashes. */
  readonly name: string;
  readonly type: FlagType;
  /** The steps that the instruction stands for, as they are with this flag. Called where it was given. */
  apply(steps: readonly Step[], value: FlagValue, scope: ExtensionScope): Promise<readonly Step[]>;
}
