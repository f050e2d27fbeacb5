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

/** A rule that has the question asked. */
type Asking = (visit: never) => void;

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
  readonly #asked = new Map<Question, Map<string, readonly Asking[]>>();

  constructor({ rules, options, file }: LinterParts) {
    this.#options = options;
    this.#file = file;
    this.#rules = rules.filter((rule) => rule.experimental === true || !names(options.skip, rule.name));
  }

  /** Whether any rule asks this: what nobody asks need not be prepared. */
  asks(question: Question, keyword = ''): boolean {
    return this.#of(question, keyword).length > 0;
  }

  ask<Q extends Question>(question: Q, visit: Visit<Q>, keyword = ''): void {
    for (const asking of this.#of(question, keyword)) asking(visit as never); // each is asked what it is about
  }

  /** Every instruction comes through here, and most rules are about few. */
  #of(question: Question, keyword: string): readonly Asking[] {
    const ofQuestion = this.#asked.get(question) ?? new Map<string, readonly Asking[]>();
    const known = ofQuestion.get(keyword);
    if (known !== undefined) return known;
    const asking = this.#select(question, keyword.toUpperCase());
    this.#asked.set(question, ofQuestion.set(keyword, asking));
    return asking;
  }

  #select(question: Question, keyword: string): readonly Asking[] {
    return this.#rules
      .filter((rule) => keyword === '' || (rule.about?.includes(keyword) ?? true))
      .flatMap((rule) => {
        const ask: ((visit: never, report: Report) => void) | undefined = rule[question]?.bind(rule);
        const report: Report = (detail, place) => this.#report(rule, detail, place);
        return ask === undefined ? [] : [(visit: never) => ask(visit, report)];
      });
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
