import { lexTemplate, type Part } from './lex-template.ts';
import { templateError } from './template-error.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  /** `.A.B`, `$x.A`, `(…).A`: members of `of`, which is the dot where it is absent. */
  | { readonly kind: 'path'; readonly of?: Expression; readonly names: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe };
/** `$x, $y := a b | c`: each command's value is the next one's last argument. */
export interface Pipe {
  readonly variables: readonly string[];
  readonly commands: readonly (readonly Expression[])[];
}
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | { readonly kind: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly body: readonly Node[]; readonly otherwise: readonly Node[] };

/** Reads a Go template. @throws VarveError `TEMPLATE_INVALID` */
export function parseTemplate(template: string): readonly Node[] {
  const parts = [...lexTemplate(template)];
  const { nodes, end } = parseBody(parts);
  if (end !== undefined) throw templateError(`unexpected {{${end.join(' ')}}}`);
  return nodes;
}

interface Body {
  readonly nodes: readonly Node[];
  /** The `end` or `else …` that closed it. */
  readonly end: readonly string[] | undefined;
}

function parseBody(parts: Part[]): Body {
  const nodes: Node[] = [];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part.kind === 'text') nodes.push(part);
    else if (part.words[0] === 'end' || part.words[0] === 'else') return { nodes, end: part.words };
    else nodes.push(parseAction(part.words, parts));
  }
  return { nodes, end: undefined };
}

function parseAction(words: readonly string[], parts: Part[]): Node {
  const [first = ''] = words;
  if (first !== 'if' && first !== 'with' && first !== 'range') return { kind: 'print', pipe: new PipeParser(words).whole() };
  const pipe = new PipeParser(words.slice(1)).whole();
  const { nodes: body, end } = parseBody(parts);
  return { kind: first, pipe, body, otherwise: parseElse(end, first, parts) };
}

function parseElse(end: readonly string[] | undefined, of: string, parts: Part[]): readonly Node[] {
  if (end === undefined) throw templateError(`{{${of}}} without {{end}}`);
  if (end[0] === 'end') return [];
  if (end.length > 1) return [parseAction(end.slice(1), parts)];
  const { nodes, end: last } = parseBody(parts);
  if (last?.[0] !== 'end') throw templateError('{{else}} without {{end}}');
  return nodes;
}

class PipeParser {
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = [...words];
  }

  whole(): Pipe {
    const pipe = this.#pipe();
    if (this.#words.length > 0) throw templateError(`unexpected "${this.#words[0]}"`);
    return pipe;
  }

  #pipe(): Pipe {
    const variables = this.#variables();
    const commands: Expression[][] = [];
    do commands.push(this.#command());
    while (this.#skip('|'));
    return { variables, commands };
  }

  #variables(): readonly string[] {
    const assigned = this.#words.findIndex((word) => word === ':=' || word === '=');
    if (assigned === -1 || !this.#words[0]?.startsWith('$')) return [];
    const variables = this.#words.splice(0, assigned + 1).filter((word) => word.startsWith('$'));
    return variables;
  }

  #command(): Expression[] {
    const expressions: Expression[] = [];
    while (this.#words.length > 0 && this.#words[0] !== '|' && this.#words[0] !== ')') expressions.push(this.#expression());
    if (expressions.length === 0) throw templateError('missing value for command');
    return expressions;
  }

  #expression(): Expression {
    const word = this.#words.shift() ?? '';
    if (word === '(') return this.#parenthesis();
    if (word.startsWith('"')) return { kind: 'literal', value: unquote(word) };
    if (word.startsWith('`')) return { kind: 'literal', value: word.slice(1, -1) };
    if (/^-?\d/.test(word)) return { kind: 'literal', value: Number(word) };
    if (word.startsWith('$')) return variablePath(word);
    if (word === '.') return { kind: 'path', names: [] };
    if (word.startsWith('.')) return { kind: 'path', names: word.slice(1).split('.') };
    if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
    if (word === 'nil') return { kind: 'literal', value: null };
    if (/^\w+$/.test(word)) return { kind: 'function', name: word };
    throw templateError(`unexpected "${word}"`);
  }

  #parenthesis(): Expression {
    const pipe = this.#pipe();
    if (!this.#skip(')')) throw templateError('unclosed left paren');
    const of: Expression = { kind: 'pipe', pipe };
    const next = this.#words[0];
    if (next === undefined || !/^\.\w/.test(next)) return of;
    this.#words.shift();
    return { kind: 'path', of, names: next.slice(1).split('.') };
  }

  #skip(word: string): boolean {
    if (this.#words[0] !== word) return false;
    this.#words.shift();
    return true;
  }
}

function variablePath(word: string): Expression {
  const [name = '', ...names] = word.split('.');
  const of: Expression = { kind: 'variable', name };
  return names.length === 0 ? of : { kind: 'path', of, names };
}

/** Go's escapes that JSON does not know are left as they are. */
function unquote(word: string): string {
  try {
    return JSON.parse(word) as string;
  } catch {
    return word.slice(1, -1);
  }
}
