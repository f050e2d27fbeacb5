/** One way in which a server wants to be told who asks (RFC 9110, WWW-Authenticate). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const SCHEME = /\s*([!#$%&'*+.^_`|~\w-]+)(?=\s|,|$)/y;
const PARAMETER = /\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]*))/y;
const COMMA = /\s*,/y;

/** The challenges of one or several headers; several may stand in one, and quoted values may hold commas. */
export const parseChallenges = (headers: readonly string[]): readonly Challenge[] => headers.flatMap(parseHeader);

function parseHeader(header: string): readonly Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < header.length) {
    const parameter = challenges.length > 0 ? take(PARAMETER) : null;
    const scheme = parameter === null ? take(SCHEME) : null;
    if (parameter !== null) add(challenges.at(-1)?.parameters, parameter);
    else if (scheme !== null) challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters: {} });
    else if (take(COMMA) === null) break; // what follows is no challenge
  }
  return challenges;
}

function add(parameters: Record<string, string> | undefined, [, name = '', quoted, plain]: RegExpExecArray): void {
  if (parameters !== undefined) parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
}
