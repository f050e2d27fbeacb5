import { type SourceRange, VarveError } from '@varve/core';
import type { NodeEntry } from '@varve/core/archive';

/** The mode that a file gets, of the one that it has. */
export type ChangeMode = (entry: NodeEntry) => number;

const OCTAL = /^[0-7]{1,5}$/;
const CLAUSE = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/;
const ACTION = /([-+=])([ugo]|[rwxXst]*)/g;

/** Bits that each class may have, with its special one. */
const BITS = { u: 0o4700, g: 0o2070, o: 0o1007 } as const;
const PERMISSIONS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, X: 0o111, s: 0o6000, t: 0o1000 };
const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/**
 * Reads a mode as chmod(1) does: octal digits, or clauses such as `u=rwX,go=rX`. No umask counts: without a class a clause is about all.
 *
 * @throws VarveError `COPY_CHMOD`
 */
export function parseMode(text: string, { source }: { readonly source?: SourceRange | undefined } = {}): ChangeMode {
  const whole = wholeMode(text);
  if (whole !== undefined) return () => whole;
  const clauses = text.split(',').map((clause) => CLAUSE.exec(clause));
  if (/^[0-9]/.test(text) || clauses.includes(null))
    throw new VarveError('COPY_CHMOD', `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`, {
      source,
      hint: 'Or symbolic, such as u=rwX,go=rX or +x.',
    });
  const changes = clauses.flatMap((match) => readClause(match?.[1] ?? '', match?.[2] ?? ''));
  return (entry) => changes.reduce((mode, change) => change(mode, entry), entry.mode);
}

/** The mode that octal digits say; clauses only change one. */
export function wholeMode(text: string): number | undefined {
  const mode = OCTAL.test(text) ? Number.parseInt(text, 8) : undefined;
  return mode !== undefined && mode <= 0o7777 ? mode : undefined;
}

type Change = (mode: number, entry: NodeEntry) => number;

function readClause(classes: string, actions: string): readonly Change[] {
  const all = classes === '' || classes.includes('a') ? 'ugo' : classes;
  const affected = [...all].reduce((bits, one) => bits | BITS[one as keyof typeof BITS], 0);
  return [...actions.matchAll(ACTION)].map(([, operator, what = '']) => (mode, entry) => {
    const bits = permissionsOf(what, mode, entry) & affected;
    if (operator === '+') return mode | bits;
    return operator === '-' ? mode & ~bits : (mode & ~affected) | bits;
  });
}

function permissionsOf(what: string, mode: number, entry: NodeEntry): number {
  const from = SHIFT[what];
  if (from !== undefined) return ((mode >> from) & 7) * 0o111;
  const isSearchable = entry.type === 'directory' || (entry.mode & 0o111) !== 0;
  return [...what].reduce((bits, one) => (one === 'X' && !isSearchable ? bits : bits | (PERMISSIONS[one] ?? 0)), 0);
}
