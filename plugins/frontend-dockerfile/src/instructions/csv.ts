/**
 * Fields of one line of comma-separated values (RFC 4180, with Go's strictness about quotes), or `undefined` for a line that is none.
 */
export function splitCsv(line: string): readonly string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = line[at] === '"' ? readQuoted(line, at) : readBare(line, at);
    if (field === undefined) return undefined;
    fields.push(field.text);
    if (field.end >= line.length) return fields;
    if (line[field.end] !== ',') return undefined;
    at = field.end + 1;
  }
}

interface Field {
  readonly text: string;
  readonly end: number;
}

function readBare(line: string, start: number): Field | undefined {
  const comma = line.indexOf(',', start);
  const end = comma < 0 ? line.length : comma;
  const text = line.slice(start, end);
  return text.includes('"') ? undefined : { text, end };
}

function readQuoted(line: string, start: number): Field | undefined {
  let text = '';
  let at = start + 1;
  for (;;) {
    const end = line.indexOf('"', at);
    if (end < 0) return undefined;
    text += line.slice(at, end);
    if (line[end + 1] !== '"') return { text, end: end + 1 };
    text += '"';
    at = end + 2;
  }
}
