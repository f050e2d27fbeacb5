import { type SourceRange, VarveError } from '@varve/core';
import type { SyntaxTree } from '../parser/syntax-node.ts';
import { quote } from '../parser/text.ts';

/** Which rules are not heard, which experimental ones are, and whether a finding fails the build. */
export interface CheckOptions {
  readonly skip: ReadonlySet<string> | 'all';
  readonly experimental: ReadonlySet<string> | 'all';
  readonly error: boolean;
}

const NONE: CheckOptions = { skip: new Set(), experimental: new Set(), error: false };
/** More parts than there are options make no sense; the rest belongs to the last one. */
const MOST_PARTS = 3;

/** `skip=A,B;error=true;experimental=all`. @throws VarveError `FRONTEND_SYNTAX` */
export function parseCheckOptions(text: string, source?: SourceRange): CheckOptions {
  let options = NONE;
  for (const part of text.trim() === '' ? [] : splitParts(text)) options = { ...options, ...parsePart(part, source) };
  return options;
}

function splitParts(text: string): readonly string[] {
  const parts = text.split(';');
  return parts.length <= MOST_PARTS ? parts : [...parts.slice(0, MOST_PARTS - 1), parts.slice(MOST_PARTS - 1).join(';')];
}

function parsePart(part: string, source: SourceRange | undefined): Partial<CheckOptions> {
  const at = part.indexOf('=');
  const [key, value] = [part.slice(0, Math.max(at, 0)).trim(), part.slice(at + 1).trim()];
  if (at >= 0 && (key === 'skip' || key === 'experimental')) return { [key]: namesIn(value) };
  if (at >= 0 && key === 'error') return { error: parseBoolean(value) ?? refuse(`failed to parse check option ${quote(part)}`, source) };
  return refuse(`invalid check option ${quote(at < 0 ? part : key)}`, source);
}

const namesIn = (value: string): CheckOptions['skip'] => (value === 'all' ? 'all' : new Set(value.split(',').map((name) => name.trim())));

function parseBoolean(text: string): boolean | undefined {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(?:0|f|F|false|FALSE|False)$/.test(text) ? false : undefined;
}

function refuse(problem: string, source: SourceRange | undefined): never {
  const hint = '# check=skip=RuleName,OtherRule;error=true';
  throw new VarveError('FRONTEND_SYNTAX', `failed to parse check options: ${problem}`, { source, hint });
}

/** A build argument that stands for the directive, so that a build can be checked otherwise than its file says. */
const OVERRIDE = 'BUILDKIT_DOCKERFILE_CHECK';

/** What the file's `# check=` says, or the build argument in its place. @throws VarveError `FRONTEND_SYNTAX` */
export function readCheckOptions({ directives, file }: SyntaxTree, args: Readonly<Record<string, string>>): CheckOptions {
  if (Object.hasOwn(args, OVERRIDE)) return parseCheckOptions(args[OVERRIDE] ?? '');
  const directive = directives.find(({ name }) => name === 'check');
  if (directive === undefined) return NONE;
  const { value, line } = directive;
  return parseCheckOptions(value.split(' ', 1)[0] ?? '', { file, startLine: line, endLine: line });
}

const LOCAL = /^check\s*=\s*(\S+)/i;

/** What a comment above an instruction says; one that cannot be read says nothing. */
export function readLocalOptions(comments: readonly string[]): CheckOptions | undefined {
  const text = comments.map((comment) => LOCAL.exec(comment)?.[1]).find((found) => found !== undefined);
  if (text === undefined) return undefined;
  try {
    return parseCheckOptions(text);
  } catch {
    return undefined; // a comment may say what it likes
  }
}

export const names = (list: CheckOptions['skip'], rule: string): boolean => list === 'all' || list.has(rule);
