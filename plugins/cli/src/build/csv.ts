/** Fields of one line of CSV, as Go's flags of BuildKit are written: `type=local,"dest=a,b"`. */
export function splitCsv(line: string): readonly string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i];
    if (quoted && char === '"' && line[i + 1] === '"') {
      field += '"';
      i++;
    } else if (char === '"' && (quoted || field === '')) quoted = !quoted;
    else if (char === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  return [...fields, field];
}

/** `a=b,c` as members; a name without `=` has an empty value. */
export function readFields(line: string): ReadonlyMap<string, string> {
  return new Map(splitCsv(line).map((field) => splitPair(field)));
}

/** `NAME=value`; without `=` the value is empty. */
export function splitPair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
