import type { SourceRange } from '@varve/core';
import type { Platform } from '@varve/core/image';
import type { Environment, Expansion } from '../expand/expand-word.ts';
import type { Dockerfile, FromInstruction, StageInstruction } from '../instructions/instruction.ts';
import type { SyntaxNode, SyntaxTree } from '../parser/syntax-node.ts';

/** What a finding is about; a `check=skip=…` comment right above it silences rules there. */
export interface LintPlace {
  readonly source: SourceRange;
  readonly comments: readonly string[];
}

export type Report = (detail: string, place: LintPlace) => void;

/** An instruction as written, not yet checked: the file may turn out to be none. */
export interface NodeVisit extends LintPlace {
  readonly node: SyntaxNode;
}

export interface FileVisit {
  readonly dockerfile: Dockerfile;
  /** What FROM sees when no build argument is given; `undefined` where that cannot be said. */
  readonly defaults: Environment | undefined;
  readonly escapeCharacter: Dockerfile['escapeCharacter'];
}

/** A FROM with the build's arguments filled in, also of a stage that is not built. */
export interface FromVisit {
  readonly from: FromInstruction;
  readonly image: FromWord;
  readonly platform: FromWord | undefined;
  readonly globals: Environment;
}

export interface FromWord extends Expansion {
  readonly unknown: readonly UnknownName[];
}

/** A name that is neither set nor declared, with a set one that it resembles. */
export interface UnknownName {
  readonly name: string;
  readonly similar: string | undefined;
}

/** An image that a stage starts from. */
export interface BaseVisit {
  readonly from: FromInstruction;
  readonly ref: string;
  readonly expected: Platform;
  readonly actual: Platform;
}

/** A word whose variables were filled in. */
export interface ExpandedWord {
  readonly word: string;
  readonly value: string;
  /** Where blanks in it separate words, those. */
  readonly words?: readonly string[] | undefined;
  readonly unknown: readonly UnknownName[];
}

/** An instruction where it takes effect. */
export interface InstructionVisit {
  readonly instruction: StageInstruction;
  /** In the order in which they were expanded; fewer where it failed. */
  readonly expansions: readonly ExpandedWord[];
  /** Of the stage before it: what this file, or the base image, said already. */
  readonly before: {
    /** Some WORKDIR of this file. */
    readonly hasWorkdir: boolean;
    /** A SHELL of this file or of the base image. */
    readonly hasShell: boolean;
  };
  /** Whether an ignore file hides this path of the build context. Absent where there is none, and where `!` patterns make that hard to say. */
  readonly isIgnored?: ((path: string) => boolean) | undefined;
}

/**
 * One check: an object with a name and one or more of the questions below, asked in this order while a file is read and planned. Rules keep
 * nothing between calls: one object serves all builds. Contributed to `LINT_RULES`.
 */
export interface LintRule {
  /** What users write behind `check=skip=`. */
  readonly name: string;
  /** What it is about, for lists of rules. */
  readonly description: string;
  /** Where users read more. */
  readonly url?: string | undefined;
  /** Heard only where `check=experimental=` asks for it. */
  readonly experimental?: boolean | undefined;
  /** Keywords, in capitals, of what `node` and `instruction` are asked about; everything without it. */
  readonly about?: readonly string[] | undefined;
  tree?(tree: SyntaxTree, report: Report): void;
  node?(visit: NodeVisit, report: Report): void;
  file?(visit: FileVisit, report: Report): void;
  from?(visit: FromVisit, report: Report): void;
  base?(visit: BaseVisit, report: Report): void;
  instruction?(visit: InstructionVisit, report: Report): void;
  /** All of a stage, triggers of its base and included text among them, when it has been planned as far as possible. */
  stage?(instructions: readonly StageInstruction[], report: Report): void;
}
