import { type SourceRange, VarveError } from '@varve/core';
import { type CheckOptions, names, readLocalOptions } from './check-options.ts';
import type { LintPlace, LintRule, Report } from './lint-rule.ts';

/** What a rule found. */
export interface Finding {
  readonly rule: string;
  readonly description: string;
  readonly url?: string | undefined;
  readonly detail: string;
  readonly source: SourceRange;
}

type Question = 'tree' | 'node' | 'file' | 'from' | 'base' | 'instruction' | 'stage';
type Visit<Q extends Question> = Parameters<NonNullable<LintRule[Q]>>[0];
type Asked<Q extends Question> = LintRule & { readonly [K in Q]: (visit: Visit<Q>, report: Report) => void };

/** More than anyone reads. */
const MOST = 10_000;

interface LinterParts {
  readonly rules: readonly LintRule[];
  readonly options: CheckOptions;
  /** That is read; others are included in it. */
  readonly file: string;
}

/** Asks rules, and keeps what they find as far as the file wants to hear it. One for each file that is read. */
export class Linter {
  readonly #rules: readonly LintRule[];
  readonly #options: CheckOptions;
  readonly #file: string;
  readonly #found: Finding[] = [];
  readonly #asked = new Map<Question, readonly { readonly rule: LintRule; readonly report: Report }[]>();

  constructor({ rules, options, file }: LinterParts) {
    this.#options = options;
    this.#file = file;
    this.#rules = rules.filter((rule) => rule.experimental === true || !names(options.skip, rule.name));
  }

  /** Whether any rule asks this: what nobody asks need not be prepared. */
  asks(question: Question): boolean {
    return this.#of(question).length > 0;
  }

  ask<Q extends Question>(question: Q, visit: Visit<Q>): void {
    // `#of` lists only rules that have the question
    for (const { rule, report } of this.#of(question)) (rule as Asked<Q>)[question](visit, report);
  }

  #of(question: Question): readonly { readonly rule: LintRule; readonly report: Report }[] {
    const known = this.#asked.get(question);
    if (known !== undefined) return known;
    const asked = this.#rules
      .filter((rule) => rule[question] !== undefined)
      .map((rule) => ({ rule, report: (detail: string, place: LintPlace) => this.#report(rule, detail, place) }));
    this.#asked.set(question, asked);
    return asked;
  }

  #report({ name: rule, description, url, experimental = false }: LintRule, detail: string, { source, comments }: LintPlace): void {
    if (this.#found.length >= MOST) return;
    const options = [this.#options, ...(comments.length === 0 ? [] : [readLocalOptions(comments)])];
    const isHeard = experimental
      ? options.some((each) => each !== undefined && names(each.experimental, rule))
      : !options.some((each) => each !== undefined && names(each.skip, rule));
    if (isHeard) this.#found.push({ rule, description, url, detail, source });
  }

  /** By place; those of included files last. */
  findings(): readonly Finding[] {
    const key = ({ source }: Finding) => (source.file === this.#file ? '' : source.file);
    return this.#found.toSorted(
      (a, b) => compare(key(a), key(b)) || a.source.startLine - b.source.startLine || compare(a.detail, b.detail),
    );
  }

  /** @throws VarveError `FRONTEND_LINT` where something was found and `error=true` */
  refuse(): void {
    if (!this.#options.error || this.#found.length === 0) return;
    const findings = this.findings();
    const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
    throw new VarveError('FRONTEND_LINT', `lint violation found for rules: ${rules.join(', ')}`, {
      source: findings[0]?.source,
      hint: 'Correct them, or silence a rule: # check=skip=RuleName;error=true',
    });
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
