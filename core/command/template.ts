import { goText, isTrue } from './go-value.ts';
import { type Expression, type Node, type Pipe, parseTemplate } from './parse-template.ts';
import { templateError } from './template-error.ts';
import { FUNCTIONS } from './template-functions.ts';

/**
 * A Go template as docker's `--format` takes it. Data is plain: an object's members are fields, and asking for one that is not there is
 * an error; a `Map` has free keys, and one that is not there is empty.
 * @throws VarveError `TEMPLATE_INVALID`
 */
export function compileTemplate(template: string): (data: unknown) => string {
  const nodes = parseTemplate(template);
  return (data) => render(nodes, { dot: data, variables: new Map([['$', data]]) });
}

interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
}
const within = (scope: Scope, dot: unknown): Scope => ({ dot, variables: new Map(scope.variables) });

const render = (nodes: readonly Node[], scope: Scope): string => nodes.map((node) => renderNode(node, scope)).join('');

function renderNode(node: Node, scope: Scope): string {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'range') return renderRange(node, scope);
  const value = evaluate(node.pipe, scope);
  if (node.kind === 'print') return node.pipe.variables.length > 0 ? '' : goText(value);
  if (!isTrue(value)) return render(node.otherwise, within(scope, scope.dot));
  return render(node.body, within(scope, node.kind === 'with' ? value : scope.dot));
}

function renderRange({ pipe, body, otherwise }: Extract<Node, { kind: 'range' | 'if' | 'with' }>, scope: Scope): string {
  const pairs = pairsOf(evaluate({ ...pipe, variables: [] }, scope));
  if (pairs.length === 0) return render(otherwise, within(scope, scope.dot));
  const [first, second] = pipe.variables;
  const turns = pairs.map(([key, value]) => {
    const inner = within(scope, value);
    if (first !== undefined) inner.variables.set(first, second === undefined ? value : key);
    if (second !== undefined) inner.variables.set(second, value);
    return render(body, inner);
  });
  return turns.join('');
}

function pairsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value !== 'object' || value === null) return [];
  return [...(value instanceof Map ? value : Object.entries(value))].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

function evaluate({ variables, commands }: Pipe, scope: Scope): unknown {
  const [first, ...rest] = commands;
  let value = first === undefined ? undefined : call(first, scope, []);
  for (const command of rest) value = call(command, scope, [value]);
  for (const name of variables) scope.variables.set(name, value);
  return value;
}

function call([head, ...args]: readonly Expression[], scope: Scope, piped: readonly unknown[]): unknown {
  if (head?.kind !== 'function') {
    if (args.length + piped.length > 0) throw templateError("can't give argument to non-function");
    return head === undefined ? undefined : resolveExpression(head, scope);
  }
  return functionOf(head.name)(...args.map((arg) => resolveExpression(arg, scope)), ...piped);
}

function functionOf(name: string): (...values: readonly unknown[]) => unknown {
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (found === undefined) throw templateError(`function "${name}" not defined`);
  return found;
}

function resolveExpression(expression: Expression, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'variable':
      if (!scope.variables.has(expression.name)) throw templateError(`undefined variable "${expression.name}"`);
      return scope.variables.get(expression.name);
    case 'function':
      return functionOf(expression.name)();
    case 'pipe':
      return evaluate(expression.pipe, scope);
    case 'path':
      return expression.names.reduce(member, expression.of === undefined ? scope.dot : resolveExpression(expression.of, scope));
  }
}

function member(value: unknown, name: string): unknown {
  if (value instanceof Map) return value.get(name) ?? '';
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object' || !Object.hasOwn(value, name)) throw templateError(`can't evaluate field ${name}${fieldsOf(value)}`);
  return (value as Readonly<Record<string, unknown>>)[name];
}
const fieldsOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? `; there are ${Object.keys(value).join(', ')}` : '';
