import type { SourceRange } from '@varve/core';
import { syntaxError } from './syntax-error.ts';
import { type Escape, trimStartSpace } from './text.ts';

export type DirectiveName = 'syntax' | 'escape' | 'check';

/** `# name=value` at the top of the file. */
export interface Directive {
  readonly name: DirectiveName;
  readonly value: string;
  readonly line: number;
}

const KNOWN: readonly string[] = ['syntax', 'escape', 'check'] satisfies readonly DirectiveName[];
/** Around `=` fewer characters are blanks than before the name. */
const SHAPE = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*/;
const isBlank = (char = ''): boolean => /[\t\n\f\r ]/.test(char);

export interface DirectiveReader {
  readonly found: readonly Directive[];
  /** There was a line that is none. */
  readonly isOver: boolean;
  /** Whether the line is a directive. The first line that is none ends them, whatever it is. */
  read(text: string, source: SourceRange): Directive | undefined;
}

export function readDirectives(comment = '#'): DirectiveReader {
  const found: Directive[] = [];
  let over = false;
  return {
    found,
    get isOver() {
      return over;
    },
    read(text, source) {
      const directive = over ? undefined : parseDirective(text, { comment, line: source.startLine });
      over = directive === undefined;
      if (directive === undefined) return undefined;
      if (found.some((other) => other.name === directive.name)) {
        throw syntaxError(`only one ${directive.name} parser directive can be used`, source);
      }
      found.push(directive);
      return directive;
    },
  };
}

function parseDirective(text: string, { comment, line }: { comment: string; line: number }): Directive | undefined {
  if (!text.startsWith(comment)) return undefined;
  const body = trimStartSpace(text.slice(comment.length));
  const [all = '', word = ''] = SHAPE.exec(body) ?? [];
  const name = word.toLowerCase();
  if (!isDirectiveName(name) || (body.endsWith('=') && all === body)) return undefined;
  let end = body.length;
  while (end > all.length && isBlank(body[end - 1])) end--;
  // a value of nothing but blanks is one blank
  return { name, value: body.slice(all.length, end) || ' ', line };
}

const isDirectiveName = (name: string): name is DirectiveName => KNOWN.includes(name);

export function readEscape({ value }: Directive, source: SourceRange): Escape {
  if (value === '\\' || value === '`') return value;
  throw syntaxError(`invalid escape token '${value}' does not match \` or \\`, source, '# escape=` or # escape=\\');
}

/**
 * The frontend that the file asks for: `# syntax=ref …` or `// syntax=ref …`, also below a `#!` line, or the member `syntax` of a JSON
 * object. Only the first word counts.
 */
export function detectSyntax(text: string): { readonly ref: string; readonly line: number } | undefined {
  const lines = text.replace(/^\ufeff/, '').split('\n', 100);
  const skipped = lines[0]?.startsWith('#!') ? 1 : 0;
  return detectIn(lines, skipped, '#') ?? detectIn(lines, skipped, '//') ?? detectJson(text);
}

function detectIn(lines: readonly string[], skipped: number, comment: string): { ref: string; line: number } | undefined {
  const reader = readDirectives(comment);
  for (let at = skipped; at < lines.length; at++) {
    const source = { file: '', startLine: at + 1, endLine: at + 1 };
    const directive = readOrNothing(() => reader.read(lines[at] ?? '', source));
    if (directive === undefined) return undefined;
    if (directive.name === 'syntax') return { ref: directive.value.split(' ', 1)[0] ?? '', line: directive.line };
  }
  return undefined;
}

/** What is wrong with other directives is for whoever reads the file to say. */
function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function detectJson(text: string): { ref: string; line: number } | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const ref = typeof value === 'object' && value !== null && 'syntax' in value ? value.syntax : undefined;
    return typeof ref === 'string' ? { ref, line: 1 } : undefined;
  } catch {
    return undefined; // not JSON: then it is no directive either
  }
}
