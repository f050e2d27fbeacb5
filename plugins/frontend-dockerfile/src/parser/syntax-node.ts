import type { SourceRange } from '@varve/core';
import type { Directive } from './directives.ts';
import type { Escape } from './text.ts';

/** A document written in the file itself: `<<EOF`. */
export interface Heredoc {
  readonly name: string;
  /** As written, before tabs are stripped. */
  readonly content: string;
  /** Variables in the content are the builder's to expand. */
  readonly expand: boolean;
  /** `<<-`: leading tabs of every line go. */
  readonly chomp: boolean;
  /** `3<<X`; 0 where none was given. */
  readonly fd: number;
}

/** One instruction as written: split into its parts, nothing expanded, nothing checked. */
export interface SyntaxNode {
  /** Upper case. */
  readonly cmd: string;
  /** As the user spelled it. */
  readonly keyword: string;
  readonly flags: readonly string[];
  /** ENV and LABEL: key, value and separator (`=`, or empty for the form with a blank) of each pair. ONBUILD: none. */
  readonly args: readonly string[];
  /** The arguments were a JSON array. */
  readonly json: boolean;
  readonly start: number;
  readonly end: number;
  /** What ONBUILD puts off. */
  readonly sub?: SyntaxNode | undefined;
  readonly heredocs: readonly Heredoc[];
  /** The whole instruction on one line: continuations joined, comments dropped. */
  readonly text: string;
  /** Comment lines right above, without `#`. */
  readonly comments: readonly string[];
}

/** What reading found odd but not wrong, for lint rules and the user. */
export interface SyntaxWarning {
  readonly code: 'NoEmptyContinuation';
  readonly message: string;
  readonly source: SourceRange;
}

export interface SyntaxTree {
  readonly file: string;
  readonly nodes: readonly SyntaxNode[];
  readonly escapeCharacter: Escape;
  readonly directives: readonly Directive[];
  readonly warnings: readonly SyntaxWarning[];
}
